import { unknownWord } from './usage-fault.ts'

/** Makes a parser that lets one of the known words through, whatever its case. */
export function parseChoice<Choice extends string>(
  what: string,
  known: readonly Choice[],
): (text: string) => Choice {
  return (text) => {
    const choice = known.find((word) => word === text.toLowerCase())
    if (choice === undefined) throw unknownWord(what, text, known)
    return choice
  }
}
