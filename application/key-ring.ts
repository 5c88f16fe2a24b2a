/** Master keys by id. New codes are derived with the active one; codes under way with the one that they name. */
export interface KeyRing {
  /** The id of the key for new codes. */
  readonly active: string
  /** 32 bytes, or null for a key that is retired or was never here: what hangs on it fails closed. */
  key(id: string): Buffer | null
}

/**
 * The ring over keys that the configuration has read and found random (`config/key-ring.ts`). `ring` is looked at in
 * each call: it may be renewed.
 */
export function openKeyRing(ring: {
  readonly active: string
  readonly keys: ReadonlyMap<string, Buffer>
}): KeyRing {
  return {
    get active() {
      return ring.active
    },
    key: (id) => ring.keys.get(id) ?? null,
  }
}
