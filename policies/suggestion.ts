import { findNearest } from '../domain/nearest.ts'

/** `, did you mean "x"?` for the end of a sentence about an unknown name, or nothing where no known name is near. */
export function suggestName(name: string, known: Iterable<string>): string {
  const nearest = findNearest(name, known)
  return nearest === null ? '' : `, did you mean "${nearest}"?`
}
