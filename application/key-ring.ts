import { MusterError } from '../domain/error.ts'

/** Master keys by id. New codes are derived with the active one; codes under way with the one that they name. */
export interface KeyRing {
  /** The id of the key for new codes. */
  readonly active: string
  /** 32 bytes, or null for a key that is retired or was never here: what hangs on it fails closed. */
  key(id: string): Buffer | null
}

/** Bytes of a master key. */
const keyLength = 32
/** A random key has about thirty different bytes; a sample, a passphrase or a row of equal bytes has few. */
const fewestDifferentBytes = 16

/**
 * Reads a ring as it is kept in a file or an environment variable:
 * `{"active": "2026-10", "keys": {"2026-07": "<base64 of 32 bytes>", "2026-10": "…"}}`. Throws `configuration` for
 * a text of another shape, a key of another length, a key that is plainly no random one, and an active key that is
 * not in the ring. No fault quotes a key.
 */
export function readKeyRing(text: string): KeyRing {
  const { active, keys } = parseRing(text)
  const bytes = new Map(Object.entries(keys).map(([id, encoded]) => [id, decodeKey(id, encoded)]))
  if (!bytes.has(active)) throw refused(`the active key ${active} is not in the ring`)
  return { active, key: (id) => bytes.get(id) ?? null }
}

/** The text of a ring with one fresh key, as the embedded mode makes it for itself. */
export function writeNewKeyRing(id: string, randomBytes: (count: number) => Buffer): string {
  const keys = { [id]: randomBytes(keyLength).toString('base64') }
  return `${JSON.stringify({ active: id, keys }, null, 2)}\n`
}

function parseRing(text: string): {
  readonly active: string
  readonly keys: Readonly<Record<string, unknown>>
} {
  const ring = parseJson(text)
  if (typeof ring !== 'object' || ring === null || !('active' in ring) || !('keys' in ring))
    throw refused('it must be {"active": ID, "keys": {ID: BASE64}}')
  const { active, keys } = ring
  if (typeof active !== 'string' || active === '') throw refused('"active" must name a key')
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys))
    throw refused('"keys" must hold keys by their ids')
  return { active, keys: keys as Readonly<Record<string, unknown>> }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, and with it a key.
    throw refused('it is not JSON')
  }
}

function decodeKey(id: string, encoded: unknown): Buffer {
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded))
    throw refused(`the key ${id} is not base64`)
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== keyLength) throw refused(`the key ${id} has ${bytes.length} bytes instead of 32`)
  if (new Set(bytes).size < fewestDifferentBytes)
    throw refused(`the key ${id} is no random key; make one with: openssl rand -base64 32`)
  return bytes
}

function refused(why: string): MusterError {
  return new MusterError('configuration', `The key ring cannot be used: ${why}.`)
}
