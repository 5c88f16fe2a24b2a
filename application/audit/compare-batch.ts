import type { AuditFault } from '../../domain/audit-seal.ts'

/** Bytes of an id, and of the hash that is kept beside it. */
const [idBytes, hashBytes] = [16, 8] as const

/** Compares events, one by one, with what their seal kept of each. */
export interface Comparing {
  /** Null: it is as it was sealed. */
  take(id: string, hash: Buffer): AuditFault['kind'] | null
  /** Ids of those that were sealed and did not come. */
  left(): IterableIterator<string>
}

/** `marks`: of each event its id and the first 8 bytes of its hash. */
export function compareBatch(marks: Buffer): Comparing {
  const expected = new Map<string, string>()
  for (let at = 0; at + idBytes + hashBytes <= marks.length; at += idBytes + hashBytes) {
    const id = writeId(marks.toString('hex', at, at + idBytes))
    expected.set(id, marks.toString('hex', at + idBytes, at + idBytes + hashBytes))
  }
  return {
    take(id, hash) {
      const kept = expected.get(id)
      expected.delete(id)
      if (kept === undefined) return 'event-inserted'
      return kept === hash.toString('hex', 0, hashBytes) ? null : 'event-changed'
    },
    left: () => expected.keys(),
  }
}

/** 32 hexadecimal digits as a UUID of whatever version. */
function writeId(digits: string): string {
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-')
}
