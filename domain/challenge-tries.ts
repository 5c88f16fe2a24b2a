/** A lock that only a proof, or an administrator, ends. A time, so that every comparison holds without a case of its own. */
export const lockedForGood = '9999-12-31T00:00:00.000Z'

const minute = 60_000

/**
 * Failures in a row over all challenges of one enrollment, and what they bring. NIST SP 800-63B-4 section 3.2.2 allows
 * 100 before the authenticator is disabled; a pause first, so that a person who mistypes is not locked out for good.
 */
const pauses: ReadonlyMap<number, number> = new Map([
  [10, 15 * minute],
  [25, 60 * minute],
])
const forGoodAt = 50

/** Failures at which the counts of an enrollment and of an identity bring a lock. */
export const tryLimits = {
  pausesAt: [...pauses.keys()],
  forGoodAt,
  /** Codes that prove a locked address again are tried up to here; then only an administrator unlocks it. */
  ceiling: 100,
  /** At every multiple, over all enrollments of an identity: an address removed and added again buys no tries. */
  identityAt: 30,
} as const

/** How long an enrollment is locked by its nth failure in a row, in milliseconds; null: not at all. */
export function enrollmentLock(failures: number): number | 'for-good' | null {
  return failures >= forGoodAt ? 'for-good' : (pauses.get(failures) ?? null)
}

/** How long all enrollments of an identity are locked by its nth failure in a row, in milliseconds; null: not at all. */
export function identityLock(failures: number): number | null {
  return failures > 0 && failures % tryLimits.identityAt === 0 ? 15 * minute : null
}

/** What a person typed, without the spaces and separators that codes are written with. */
export function typedDigits(text: string): string {
  return text.normalize('NFKC').replace(/[\s\p{Pd}\p{Cf}.,_·•/]/gu, '')
}
