import type { Enrollment } from './enrollment.ts'
import type { Factor } from './factor.ts'

/** A change that the person is told of. */
export interface AddressChange {
  readonly identityId: string
  readonly kind: 'added' | 'replaced' | 'removed'
  readonly factor: Factor
  readonly enrollmentId: string
  /** The address that was in use until now; null: none was, or nothing arrives there. */
  readonly oldAddress: string | null
}

/**
 * What an enrollment's change means to its person, or null for nothing that has to be told. An address that waits for
 * its proof is in nobody's use yet: it is added when it is proven, and whoever typed somebody else's address cannot
 * have notices sent there.
 */
export function describeChange(
  identityId: string,
  before: Enrollment | null,
  after: Enrollment | null,
): AddressChange | null {
  const [old, fresh] = [inUse(before), inUse(after)]
  const row = fresh ?? old
  if (row === null) return null
  const change = { identityId, factor: row.factor, enrollmentId: row.id }
  if (old === null) return { ...change, kind: 'added', oldAddress: null }
  const oldAddress = old.undeliverableSince === null ? old.address : null
  if (fresh === null) return { ...change, kind: 'removed', oldAddress }
  return fresh.key === old.key ? null : { ...change, kind: 'replaced', oldAddress }
}

function inUse(row: Enrollment | null): Enrollment | null {
  return row === null || row.removed !== null || row.status === 'pending' ? null : row
}
