import type { Writable } from 'node:stream'

/** Writes and waits until the stream took it, so that a slow reader slows the query and not the memory. */
export function writeText(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

/** One JSON document, indented for people and as good as any for programs. */
export function writeJson(stream: Writable, value: unknown): Promise<void> {
  return writeText(stream, `${JSON.stringify(value, null, 2)}\n`)
}

export function writeLines(stream: Writable, lines: readonly string[]): Promise<void> {
  return writeText(stream, lines.map((line) => `${printable(line)}\n`).join(''))
}

/**
 * Text of a directory, safe for a terminal: control characters could move the cursor or hide what follows, and
 * bidirectional overrides reorder what is read.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
