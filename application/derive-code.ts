import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** What a code is bound to: with any of it changed, the code is another. */
export interface CodeInput {
  readonly tenant: string
  readonly challengeId: string
  readonly purpose: string
  readonly channel: string
  /** E.164, or the mailbox as messages go to it. */
  readonly destination: string
  /** Secret and random, of this challenge alone: without it the code cannot be derived again. */
  readonly nonce: Buffer
  /** SHA-256 of what is agreed to by the code (PSD2 RTS article 5), or null. */
  readonly transactionHash: Buffer | null
  readonly generation: number
  /** 6 to 10. */
  readonly digits: number
}

/** The names that keep what is derived from a master key apart, one for each use. */
const codeInfo = 'otpsvc/v1/code'
const compareInfo = 'otpsvc/v1/compare'

/**
 * Derives the code of a challenge from a 32-byte master key: HKDF-SHA256 (RFC 5869) makes the key, HMAC-SHA256 over
 * length-prefixed parts the number, and numbers above the last whole multiple of 10^digits are thrown away, so that
 * every code is equally likely. The nonce comes from an approved random generator (NIST SP 800-63B-4 section
 * 3.1.3.2); RFC 4226 section 7.5 describes deriving instead of storing.
 */
export function deriveCode(key: Buffer, input: CodeInput): string {
  const codeKey = deriveKey(key, codeInfo)
  const modulus = 10n ** BigInt(input.digits)
  const limit = (2n ** 64n / modulus) * modulus
  const bound = boundParts(input)
  for (let counter = 0; ; counter += 1) {
    const number = createHmac('sha256', codeKey)
      .update(bound)
      .update(u32(counter))
      .digest()
      .readBigUInt64BE(0)
    if (number < limit) return (number % modulus).toString().padStart(input.digits, '0')
  }
}

/**
 * Whether a typed code is the expected one, in a time that says nothing of where they differ: the HMAC of both is
 * compared, which have one length whatever was typed.
 */
export function equalCodes(key: Buffer, given: string, expected: string): boolean {
  const compareKey = deriveKey(key, compareInfo)
  const digest = (code: string) => createHmac('sha256', compareKey).update(code, 'utf8').digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function deriveKey(master: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', info, 32))
}

function boundParts(input: CodeInput): Buffer {
  return Buffer.concat([
    prefixed('otpsvc/code/v1'),
    prefixed(input.tenant),
    prefixed(input.challengeId),
    prefixed(input.purpose),
    prefixed(input.channel),
    prefixed(createHash('sha256').update(input.destination, 'utf8').digest()),
    prefixed(input.nonce),
    prefixed(input.transactionHash ?? ''),
    u32(input.generation),
    Buffer.from([input.digits]),
  ])
}

/** A part with its length before it, in two bytes, so that no two lists of parts read alike. */
function prefixed(part: string | Buffer): Buffer {
  const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
