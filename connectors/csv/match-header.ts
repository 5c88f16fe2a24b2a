import { findNearest } from '../../domain/nearest.ts'
import { SourceFault } from '../source-fault.ts'

/**
 * The column of each mapped name, by place. Throws SourceFault `header-mismatch` that names every column that is
 * missing, with the nearest one that is there, and every mapped one that is there twice.
 */
export function matchHeader(header: readonly string[], names: readonly string[]): readonly number[] {
  const columns = header.map((name) => name.trim())
  const faults: string[] = []
  const matched = names.map((name) => {
    const column = columns.indexOf(name)
    if (column < 0) faults.push(describeMissing(name, columns))
    else if (columns.indexOf(name, column + 1) >= 0) faults.push(`column "${name}" is there twice`)
    return column
  })
  if (faults.length > 0)
    throw new SourceFault('header-mismatch', `the header does not fit: ${faults.join('; ')}`)
  return matched
}

function describeMissing(name: string, columns: readonly string[]): string {
  const nearest = findNearest(name, columns)
  return `column "${name}" is missing${nearest ? ` (there is "${nearest}")` : ''}`
}
