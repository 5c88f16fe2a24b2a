import type { Filter } from '../../domain/filter.ts'

/**
 * The one value that a filter describes: its equations joined by `and`, by name. Null where it says anything else,
 * or two things of one name.
 */
export function elementOfFilter(filter: Filter): Readonly<Record<string, unknown>> | null {
  const equations = readEquations(filter)
  if (equations === null) return null
  const names = new Set(equations.map(([name]) => name))
  return names.size === equations.length ? Object.fromEntries(equations) : null
}

type Equation = readonly [name: string, value: unknown]

function readEquations(filter: Filter): readonly Equation[] | null {
  switch (filter.op) {
    case 'and': {
      const parts = filter.filters.map(readEquations)
      const known = parts.filter((part) => part !== null)
      return known.length === parts.length ? known.flat() : null
    }
    case 'compare': {
      const [name, ...rest] = filter.attribute.path
      if (filter.operator !== 'eq' || filter.value === null || name === undefined || rest.length > 0)
        return null
      return [[name, filter.value]]
    }
    default:
      return null
  }
}
