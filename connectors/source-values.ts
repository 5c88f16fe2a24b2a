import type { ReadFaultCode } from '../domain/source-row.ts'

/**
 * What an entry says of one attribute or column: undefined = not there, empty = there without a value. The two are
 * kept apart by the decoders; a mapping treats both as "no value".
 */
export type Values = readonly string[] | undefined

/** Values of one entry, at the places that `SlotTable` gave out. */
export type EntryValues = readonly Values[]

/** The source's names that a mapping needs, each with a place of its own in `EntryValues`. */
export class SlotTable {
  readonly #slots = new Map<string, number>()
  readonly #names: string[] = []
  readonly #foldCase: boolean

  /** `foldCase`: names that differ in case only are one (LDAP). */
  constructor(foldCase: boolean) {
    this.#foldCase = foldCase
  }

  get names(): readonly string[] {
    return this.#names
  }

  slotOf(name: string): number {
    const key = this.#foldCase ? name.toLowerCase() : name
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    this.#slots.set(key, this.#names.length)
    this.#names.push(name)
    return this.#names.length - 1
  }
}

/** An entry that cannot be used. The message names the attribute, never its value. */
export class EntryFault extends Error {
  readonly code: ReadFaultCode

  constructor(code: ReadFaultCode, message: string) {
    super(message)
    this.name = 'EntryFault'
    this.code = code
  }
}

/**
 * The value of an attribute that counts once. A directory returns several in any order, so the smallest is taken;
 * blanks are no values.
 */
export function pickValue(values: Values): string | undefined {
  if (values === undefined) return undefined
  let smallest: string | undefined
  for (const value of values) {
    const text = value.trim()
    if (text !== '' && (smallest === undefined || text < smallest)) smallest = text
  }
  return smallest
}

/** All values but blanks, each once, in an order that does not depend on the source's. */
export function pickValues(values: Values): readonly string[] {
  if (values === undefined || values.length === 0) return []
  if (values.length === 1) {
    const text = values[0]?.trim() ?? ''
    return text === '' ? [] : [text]
  }
  return [...new Set(values.map((value) => value.trim()))].filter((value) => value !== '').sort()
}
