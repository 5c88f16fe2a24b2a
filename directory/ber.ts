/** BER for the server's side: requests are small, so elements are read into a tree. */
export interface Element {
  readonly tag: number
  readonly content: Buffer
}

/** Bytes of the message that starts here, or null while its header or its rest is missing. */
export function measureMessage(bytes: Buffer): number | null {
  const header = readHeader(bytes, 0)
  if (!header) return null
  const size = header.start + header.length
  return size <= bytes.length ? size : null
}

/** The elements that a constructed element holds. Throws RangeError where they do not fit. */
export function readElements(bytes: Buffer): readonly Element[] {
  const elements: Element[] = []
  let position = 0
  while (position < bytes.length) {
    const header = readHeader(bytes, position)
    if (!header || header.start + header.length > bytes.length) throw new RangeError('an element is cut off')
    const end = header.start + header.length
    elements.push({ tag: bytes[position] ?? 0, content: bytes.subarray(header.start, end) })
    position = end
  }
  return elements
}

export function readNumber(element: Element | undefined): number {
  const length = element?.content.length ?? 0
  if (!element || length < 1 || length > 4) throw new RangeError('a number is missing')
  return element.content.readIntBE(0, length)
}

export function writeElement(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)),
  )
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const header = Buffer.from([tag, 0x84, 0, 0, 0, 0])
  header.writeUInt32BE(length, 2)
  return Buffer.concat([header, content])
}

export function writeNumber(tag: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return writeElement(tag, bytes)
}

function readHeader(bytes: Buffer, position: number): { start: number; length: number } | null {
  const first = bytes[position + 1]
  if (first === undefined) return null
  if (first < 0x80) return { start: position + 2, length: first }
  const count = first & 0x7f
  if (count === 0 || count > 4) throw new RangeError('a length that is not allowed')
  if (position + 2 + count > bytes.length) return null
  return { start: position + 2 + count, length: bytes.readUIntBE(position + 2, count) }
}
