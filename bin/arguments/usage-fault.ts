import { InvalidArgumentError } from 'commander'
import { findNearest } from '../../domain/nearest.ts'

/** The fault of a word that is none of the known ones: it names the nearest, or all of them. */
export function unknownWord(what: string, word: string, known: readonly string[]): InvalidArgumentError {
  return new InvalidArgumentError(describeUnknown(what, word, known))
}

/** The same as a sentence. */
export function describeUnknown(what: string, word: string, known: readonly string[]): string {
  const nearest = findNearest(word, known)
  const hint = nearest === null ? `Known: ${known.join(', ')}.` : `Did you mean ${nearest}?`
  return `There is no ${what} ${JSON.stringify(word)}. ${hint}`
}
