import { hash } from 'node:crypto'

/** What a read says of a record that may be known. */
export type Sighting = 'new' | 'changed' | 'unchanged' | 'returned' | 'duplicate'

/** Words of a slot: 8 bytes of md5(external id), 16 bytes of the row's hash, one word of flags. */
const slotWords = 7
const used = 1
const seen = 2
const missing = 4

/**
 * The records that a source is known to hold, by hash: an open-addressing table in one typed array, 28 bytes a slot,
 * so that a population of a million stays far below what strings in a Map would take. Two external ids with equal
 * 64-bit digests (2e-9 at 300,000 records) show as a change and a duplicate, which the database resolves.
 */
export class KnownRecords {
  #slots: Uint32Array
  #mask: number
  #size = 0

  constructor(expected = 1024) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(expected, 16) / 0.6))
    this.#slots = new Uint32Array(capacity * slotWords)
    this.#mask = capacity - 1
  }

  /** Adds one line of `streamRecordHashes`. */
  load(line: Buffer): void {
    const words = new Uint32Array(6)
    for (let word = 0; word < 6; word += 1)
      words[word] = Number.parseInt(line.toString('latin1', word * 8, word * 8 + 8), 16)
    this.#insert(words, used | (line[48] === 0x31 ? missing : 0))
  }

  /** Compares a row that was read with what is known, and remembers that it was seen. */
  see(externalId: string, rowHash: Buffer): Sighting {
    const words = wordsOf(digestOf(externalId), rowHash)
    const at = this.#find(words)
    const flags = this.#slots[at + 6] ?? 0
    if ((flags & used) === 0) {
      this.#insert(words, used | seen)
      return 'new'
    }
    if ((flags & seen) !== 0) return 'duplicate'
    this.#slots[at + 6] = used | seen
    const same = [2, 3, 4, 5].every((word) => this.#slots[at + word] === words[word])
    if (!same) return 'changed'
    return (flags & missing) !== 0 ? 'returned' : 'unchanged'
  }

  /** Digests (16 hex digits) of records that were not seen and are not marked missing yet. */
  *unseen(): Generator<string> {
    for (let at = 0; at < this.#slots.length; at += slotWords) {
      if (this.#slots[at + 6] === used) yield hexOf(this.#slots[at] ?? 0) + hexOf(this.#slots[at + 1] ?? 0)
    }
  }

  #find(words: Uint32Array): number {
    let slot = (words[1] ?? 0) & this.#mask
    for (;;) {
      const at = slot * slotWords
      if (((this.#slots[at + 6] ?? 0) & used) === 0) return at
      if (this.#slots[at] === words[0] && this.#slots[at + 1] === words[1]) return at
      slot = (slot + 1) & this.#mask
    }
  }

  #insert(words: Uint32Array, flags: number): void {
    if (this.#size >= (this.#mask + 1) * 0.6) this.#grow()
    const at = this.#find(words)
    if (((this.#slots[at + 6] ?? 0) & used) === 0) this.#size += 1
    this.#slots.set(words, at)
    this.#slots[at + 6] = flags
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    this.#mask = this.#mask * 2 + 1
    for (let from = 0; from < old.length; from += slotWords) {
      if (((old[from + 6] ?? 0) & used) === 0) continue
      this.#slots.set(old.subarray(from, from + slotWords), this.#find(old.subarray(from, from + 6)))
    }
  }
}

/** As PostgreSQL computes it in `substr(md5(external_id), 1, 16)`. */
export function digestOf(externalId: string): string {
  return hash('md5', externalId, 'hex').slice(0, 16)
}

function wordsOf(digest: string, rowHash: Buffer): Uint32Array {
  const words = new Uint32Array(6)
  words[0] = Number.parseInt(digest.slice(0, 8), 16)
  words[1] = Number.parseInt(digest.slice(8), 16)
  for (let word = 0; word < 4; word += 1) words[word + 2] = rowHash.readUInt32BE(word * 4)
  return words
}

function hexOf(word: number): string {
  return word.toString(16).padStart(8, '0')
}
