/** A value that COPY can carry: objects and arrays are written as JSON. */
export type CopyValue = string | number | boolean | Date | Buffer | object | null

/** Rows of one table: how each item becomes one. Table and columns are literals of ours. */
export interface CopyTable<Item> {
  readonly table: string
  readonly columns: readonly string[]
  /** Columns whose texts need not be looked through; left out: all are. */
  readonly texts?: Readonly<Record<string, KnownText>>
  /** A text goes into a jsonb column as the JSON that it is. */
  readonly valuesOf: (item: Item) => readonly CopyValue[]
}

/**
 * `ours`: an id, a time, a digest or a word of our own, which holds nothing that COPY escapes; never what came from
 * outside. `json`: JSON, which holds nothing of it but a backslash.
 */
type KnownText = 'ours' | 'json'

/** Writes rows of one table as `COPY … FROM STDIN` reads them in text format. */
export class RowWriter<Item> {
  readonly #valuesOf: CopyTable<Item>['valuesOf']
  readonly #texts: readonly (KnownText | undefined)[]

  constructor({ columns, texts, valuesOf }: CopyTable<Item>) {
    this.#valuesOf = valuesOf
    this.#texts = columns.map((column) => texts?.[column])
  }

  write(item: Item): string {
    const values = this.#valuesOf(item)
    let text = ''
    for (let at = 0; at < values.length; at += 1) {
      if (at > 0) text += '\t'
      text += encodeValue(values[at] as CopyValue, this.#texts[at])
    }
    return `${text}\n`
  }
}

/** The columns of one row that a `RowWriter` wrote, as texts; null: none. */
export function readRow(text: string): readonly (string | null)[] {
  return text
    .slice(0, -1)
    .split('\t')
    .map((field) =>
      field === '\\N' ? null : field.replace(/\\(.)/g, (_, letter) => written[letter] ?? letter),
    )
}

/** A stretch of text: bytes from the start of all of it. */
export type Stretch = readonly [from: number, to: number]

interface Chunk {
  readonly start: number
  readonly bytes: Buffer
  length: number
}

const chunkBytes = 256 * 1024
/** A character takes up to three bytes for each of its UTF-16 units. */
const bytesOfUnit = 3

/**
 * Memory for the texts of one read: what one batch gives back the next takes. Asked of the system anew for each, it would
 * make V8 look through all of the heap for what can be freed.
 */
export class CopyMemory {
  readonly #idle: Buffer[] = []

  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(chunkBytes)
  }

  give(bytes: Buffer): void {
    if (bytes.length === chunkBytes) this.#idle.push(bytes)
  }
}

/**
 * Rows as COPY reads them, outside of the heap: thousands of people are prepared before they are written, and as
 * objects each of them would be copied and looked at by every collection of garbage meanwhile.
 */
export class CopyText {
  readonly #memory: CopyMemory
  readonly #chunks: Chunk[] = []
  #end = 0

  constructor(memory: CopyMemory) {
    this.#memory = memory
  }

  /** Where the next row begins. */
  get end(): number {
    return this.#end
  }

  append(row: string): void {
    const chunk = this.#chunkFor(row.length * bytesOfUnit)
    const written = chunk.bytes.write(row, chunk.length)
    chunk.length += written
    this.#end += written
  }

  /** The bytes of these stretches, which stand in order. */
  *pieces(stretches: Iterable<Stretch>): Generator<Buffer> {
    let at = 0
    for (const [from, to] of stretches) {
      while (at < this.#chunks.length) {
        const { start, bytes, length } = this.#chunks[at] as Chunk
        const piece = bytes.subarray(Math.max(from - start, 0), Math.min(to - start, length))
        if (piece.length > 0) yield piece
        if (start + length >= to) break
        at += 1
      }
    }
  }

  /** Gives its memory back. Only when nothing that `pieces` gave is on its way any more. */
  release(): void {
    for (const { bytes } of this.#chunks.splice(0)) this.#memory.give(bytes)
    this.#end = 0
  }

  #chunkFor(bytes: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.length + bytes <= last.bytes.length) return last
    const fresh = bytes > chunkBytes ? Buffer.allocUnsafeSlow(bytes) : this.#memory.take()
    const chunk = { start: this.#end, bytes: fresh, length: 0 }
    this.#chunks.push(chunk)
    return chunk
  }
}

function encodeValue(value: CopyValue, known: KnownText | undefined): string {
  if (value === null) return '\\N'
  if (typeof value === 'string') {
    if (known === undefined) return escapeText(value)
    return known === 'ours' ? value : escapeJson(value)
  }
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`
  return escapeJson(JSON.stringify(value))
}

/** JSON holds none of the characters that COPY escapes but its own backslash. */
function escapeJson(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text
}

const written: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }
const needsEscape = /[\\\t\n\r]/
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escapeText(text: string): string {
  return needsEscape.test(text)
    ? text.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character)
    : text
}
