import { createHmac, hkdfSync } from 'node:crypto'
import { MusterError } from '../../domain/error.ts'

/**
 * The key under which addresses are hashed, from the active master key of the ring (32 bytes). A key of its own, so
 * that nothing here helps with a code. After a change of the master key the limits of addresses start afresh.
 */
export function deriveAddressKey(keys: { readonly active: string; key(id: string): Buffer | null }): Buffer {
  const master = keys.key(keys.active)
  if (master === null) throw new MusterError('internal', 'The key ring lacks its active key.')
  return Buffer.from(hkdfSync('sha256', master, '', 'muster/v1/destination', 32))
}

/** A keyed hash (HMAC-SHA-256, 132 bits) of an address or a network: numbers are few enough to be tried one by one. */
export function addressHash(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url').slice(0, 22)
}
