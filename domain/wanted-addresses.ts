import type { Address } from './address.ts'
import { chooseAddresses, collapseByKey, compareText, type EnrollableAddress } from './choose-addresses.ts'
import type { EnrollmentWish, OnChange } from './decision.ts'
import type { Enrollment } from './enrollment.ts'

/** That one policy wants one address enrolled. Where several of its wishes list it, the most careful words count. */
export interface Want
  extends Pick<EnrollmentWish, 'policy' | 'onChange' | 'onUnmatch' | 'proof' | 'reenroll'> {
  readonly address: EnrollableAddress
}

export interface WantedAddresses {
  /** By policy, then by key; one for each of both. */
  readonly wants: readonly Want[]
  /** Candidates that `max` left out and that no wish takes, by key. */
  readonly overLimit: readonly EnrollableAddress[]
}

/**
 * What the policies want of one factor, given what is enrolled. A wish without `reenroll` passes over an address
 * that a person removed, so that it takes no place under `max`, unless a policy with `reenroll` brings it back.
 * What a policy has enrolled is what it keeps; a policy that has nothing yet keeps what others have. An address that
 * several wishes of one policy list is a candidate of one of them alone: what one takes never sways another.
 */
export function collectWants(
  wishes: readonly EnrollmentWish[],
  enrollments: readonly Enrollment[],
): WantedAddresses {
  const removed = new Set(enrollments.filter((row) => row.removed !== null).map((row) => row.key))
  const live = enrollments.filter((row) => row.removed === null)
  const apart = partition(wishes)
  const bringing = apart.filter((wish) => wish.reenroll).map((wish) => choose(wish, live))
  for (const { taken } of bringing) for (const address of taken) removed.delete(address.key)
  const others = apart
    .filter((wish) => !wish.reenroll)
    .map((wish) => choose({ ...wish, candidates: without(removed, wish.candidates) }, live))
  const chosen = [...bringing, ...others]
  const takenKeys = new Set(chosen.flatMap((choice) => choice.taken.map((address) => address.key)))
  return {
    wants: chosen
      .flatMap(({ wish, taken }) => taken.map((address) => wantOf(wish.policy, address, wishes)))
      .sort((a, b) => compareText(a.policy, b.policy) || compareText(a.address.key, b.address.key)),
    overLimit: collapseByKey(chosen.flatMap((choice) => choice.overLimit))
      .filter((address) => !takenKeys.has(address.key))
      .sort((a, b) => compareText(a.key, b.key)),
  }
}

/**
 * What they want of somebody who has nothing enrolled yet. One wish, as for most people, sways no other: it gets what
 * it takes.
 */
export function collectFirstWants(wishes: readonly EnrollmentWish[]): WantedAddresses {
  const wish = wishes.length === 1 ? wishes[0] : undefined
  if (wish === undefined) return collectWants(wishes, [])
  const { taken, overLimit } = chooseAddresses(wish, noKeys)
  return { wants: taken.map((address) => wantOfOne(wish, address)), overLimit }
}

const noKeys: ReadonlySet<string> = new Set()

function wantOfOne(wish: EnrollmentWish, address: EnrollableAddress): Want {
  const { policy, onChange, onUnmatch, proof, reenroll } = wish
  return { policy, address, onChange, onUnmatch, proof, reenroll }
}

/** Of several ways to follow a change the most careful one: `hold` over `keep` over `replace`. */
export function mostCareful(ways: readonly OnChange[]): OnChange {
  if (ways.includes('hold')) return 'hold'
  return ways.includes('keep') ? 'keep' : 'replace'
}

interface Choice {
  readonly wish: EnrollmentWish
  readonly taken: readonly EnrollableAddress[]
  readonly overLimit: readonly EnrollableAddress[]
}

/** Gives each candidate to one wish of its policy: to one that brings back, then to the one that takes most. */
function partition(wishes: readonly EnrollmentWish[]): readonly EnrollmentWish[] {
  if (new Set(wishes.map((wish) => wish.policy)).size === wishes.length) return wishes
  const given = new Map<string, Set<string>>()
  return [...wishes].sort(compareWishes).map((wish) => {
    const before = given.get(wish.policy) ?? new Set()
    const own = without(before, wish.candidates)
    given.set(wish.policy, new Set([...before, ...own.flatMap((address) => address.key ?? [])]))
    return { ...wish, candidates: own }
  })
}

function compareWishes(a: EnrollmentWish, b: EnrollmentWish): number {
  return (
    Number(b.reenroll) - Number(a.reenroll) ||
    limitOf(b) - limitOf(a) ||
    compareText(contentOf(a), contentOf(b))
  )
}

function limitOf(wish: EnrollmentWish): number {
  if (wish.take !== 'all') return 1
  return wish.max ?? Number.MAX_SAFE_INTEGER
}

function contentOf(wish: EnrollmentWish): string {
  const { take, onChange, onUnmatch, proof, candidates } = wish
  const listed = candidates.map(({ key, value, source, type, trust, primary }) =>
    JSON.stringify([key, value, source, type, trust, primary]),
  )
  return JSON.stringify([take, onChange, onUnmatch, proof, listed.sort()])
}

function without(keys: ReadonlySet<string>, candidates: readonly Address[]): readonly Address[] {
  return candidates.filter((address) => address.key !== null && !keys.has(address.key))
}

function choose(wish: EnrollmentWish, live: readonly Enrollment[]): Choice {
  const own = live.filter((row) => row.origins.some((origin) => origin.policy === wish.policy))
  const enrolled = new Set((own.length > 0 ? own : live).map((row) => row.key))
  return { wish, ...chooseAddresses(wish, enrolled) }
}

function wantOf(policy: string, address: EnrollableAddress, wishes: readonly EnrollmentWish[]): Want {
  const listing = wishes.filter(
    (wish) => wish.policy === policy && wish.candidates.some((candidate) => candidate.key === address.key),
  )
  const [only] = listing
  if (only !== undefined && listing.length === 1) return wantOfOne(only, address)
  return {
    policy,
    address,
    onChange: mostCareful(listing.map((wish) => wish.onChange)),
    onUnmatch: listing.every((wish) => wish.onUnmatch === 'remove') ? 'remove' : 'suspend',
    proof: listing.some((wish) => wish.proof === 'required') ? 'required' : 'asserted',
    reenroll: listing.some((wish) => wish.reenroll),
  }
}
