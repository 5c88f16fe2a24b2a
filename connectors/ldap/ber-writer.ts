/** Writing BER (ITU-T X.690, the subset of RFC 4511 section 5.1): definite lengths, shortest form. */

/** One element: its tag, the length, and the parts that are its content, one after the other. */
export function encodeElement(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  return Buffer.concat([encodeHeader(tag, content.length), content])
}

/** Text as UTF-8 under the given tag (default: OCTET STRING). */
export function encodeText(text: string, tag = 0x04): Buffer {
  return encodeElement(tag, Buffer.from(text, 'utf8'))
}

/** A non-negative integer below 2^31 under the given tag (default: INTEGER; 0x0a is ENUMERATED). */
export function encodeInteger(value: number, tag = 0x02): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.unshift(rest & 0xff)
    rest >>>= 8
  } while (rest > 0)
  // A leading bit of one would read as a negative number.
  if ((bytes[0] ?? 0) & 0x80) bytes.unshift(0)
  return encodeElement(tag, Buffer.from(bytes))
}

export function encodeBoolean(value: boolean): Buffer {
  return encodeElement(0x01, Buffer.from([value ? 0xff : 0x00]))
}

function encodeHeader(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([tag, 0x80 | bytes.length, ...bytes])
}
