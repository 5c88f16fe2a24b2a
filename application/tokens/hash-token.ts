import { createHash } from 'node:crypto'

/** SHA-256: a token has 256 random bits of its own, so nothing slower would protect it better. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest()
}
