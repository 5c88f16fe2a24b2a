/** The keys that codes are derived from, by id; `active` is the one for new challenges. */
export interface KeyRingSettings {
  readonly active: string
  readonly keys: ReadonlyMap<string, Buffer>
}

const keyId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * Reads a key ring: `{"active": "ID", "keys": {"ID": "32 bytes in base64", …}}`. Answers a sentence where it is none,
 * which never repeats a key. Refused too: keys that nobody drew at random, among them the samples of documentation.
 */
export function parseKeyRing(text: string): KeyRingSettings | string {
  const ring = readJson(text)
  if (ring === null || typeof ring.active !== 'string' || !isKeys(ring.keys))
    return 'The key ring is not of the form {"active": "ID", "keys": {"ID": "32 bytes in base64"}}.'
  const keys = new Map<string, Buffer>()
  for (const [id, written] of Object.entries(ring.keys)) {
    const key = readKey(id, written)
    if (typeof key === 'string') return key
    keys.set(id, key)
  }
  if (new Set([...keys.values()].map((key) => key.toString('hex'))).size < keys.size)
    return 'Two ids of the key ring have the same key.'
  if (!keys.has(ring.active)) return 'The active key of the key ring is not among its keys.'
  return { active: ring.active, keys }
}

/** A key ring as it is kept in a file. */
export function formatKeyRing({ active, keys }: KeyRingSettings): string {
  const texts = [...keys].map(([id, key]) => [id, key.toString('base64')])
  return `${JSON.stringify({ active, keys: Object.fromEntries(texts) }, null, 2)}\n`
}

function readKey(id: string, written: unknown): Buffer | string {
  if (!keyId.test(id)) return 'An id of the key ring is not made of letters, digits, dot, - and _.'
  const text = typeof written === 'string' ? written : ''
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32 || !/^[A-Za-z0-9+/_-]{43}=?$/.test(text))
    return `The key "${id}" of the key ring is not 32 bytes in base64, as "openssl rand -base64 32" makes them.`
  if (isInvented(key))
    return `The key "${id}" of the key ring is a sample or was not drawn at random; make one with "openssl rand -base64 32".`
  return key
}

/** Of 32 random bytes 30 differ on average, and practically never fewer than 20; nor are all of them printable. */
function isInvented(key: Buffer): boolean {
  return new Set(key).size < 20 || key.every((byte) => byte >= 0x20 && byte < 0x7f) || isCounted(key)
}

/** 00 01 02 …: what tests and documentation like to use. */
function isCounted(key: Buffer): boolean {
  const step = ((key[1] ?? 0) - (key[0] ?? 0)) & 0xff
  return key.every((byte, index) => index === 0 || ((byte - (key[index - 1] ?? 0)) & 0xff) === step)
}

function readJson(text: string): { readonly active?: unknown; readonly keys?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

function isKeys(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
