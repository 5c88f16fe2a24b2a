import { chooseAddresses, collapseByKey, compareText, type EnrollableAddress } from './choose-addresses.ts'
import type { EnrollmentWish, OnChange } from './decision.ts'
import type { Enrollment } from './enrollment.ts'

/** That one policy wants one address enrolled: what all its wishes that take the address come to. */
export interface Want
  extends Pick<EnrollmentWish, 'policy' | 'onChange' | 'onUnmatch' | 'proof' | 'reenroll'> {
  readonly address: EnrollableAddress
}

export interface WantedAddresses {
  /** By policy, then by key. */
  readonly wants: readonly Want[]
  /** Candidates that `max` left out and that no other wish takes, by key. */
  readonly overLimit: readonly EnrollableAddress[]
}

/**
 * What the policies want of one factor, given what is enrolled. A wish without `reenroll` passes over an address
 * that a person removed, so that it takes no place under `max`, unless a policy with `reenroll` brings it back.
 * What a policy has enrolled is what it keeps; a policy that has nothing yet keeps what others have.
 */
export function collectWants(
  wishes: readonly EnrollmentWish[],
  enrollments: readonly Enrollment[],
): WantedAddresses {
  const removed = new Set(enrollments.filter((row) => row.removed !== null).map((row) => row.key))
  const live = enrollments.filter((row) => row.removed === null)
  const bringing = wishes.filter((wish) => wish.reenroll).map((wish) => choose(wish, live))
  for (const { taken } of bringing) for (const address of taken) removed.delete(address.key)
  const others = wishes
    .filter((wish) => !wish.reenroll)
    .map((wish) =>
      choose({ ...wish, candidates: wish.candidates.filter((it) => !removed.has(it.key ?? '')) }, live),
    )
  const chosen = [...bringing, ...others]
  const takenKeys = new Set(chosen.flatMap((choice) => choice.taken.map((address) => address.key)))
  return {
    wants: combineByPolicyAndKey(chosen),
    overLimit: [...collapseByKey(chosen.flatMap((choice) => choice.overLimit)).values()]
      .filter((address) => !takenKeys.has(address.key))
      .sort((a, b) => compareText(a.key, b.key)),
  }
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

function choose(wish: EnrollmentWish, live: readonly Enrollment[]): Choice {
  const own = live.filter((row) => row.origins.some((origin) => origin.policy === wish.policy))
  const enrolled = new Set((own.length > 0 ? own : live).map((row) => row.key))
  return { wish, ...chooseAddresses(wish, enrolled) }
}

function combineByPolicyAndKey(choices: readonly Choice[]): readonly Want[] {
  const groups = new Map<string, { wish: EnrollmentWish; address: EnrollableAddress }[]>()
  for (const { wish, taken } of choices) {
    for (const address of taken) {
      const id = JSON.stringify([wish.policy, address.key])
      groups.set(id, [...(groups.get(id) ?? []), { wish, address }])
    }
  }
  return [...groups.values()]
    .flatMap((group) => combine(group))
    .sort((a, b) => compareText(a.policy, b.policy) || compareText(a.address.key, b.address.key))
}

/** Wishes of one policy for one address: the most careful word of each kind counts. */
function combine(group: readonly { wish: EnrollmentWish; address: EnrollableAddress }[]): readonly Want[] {
  const wishes = group.map((member) => member.wish)
  return [...collapseByKey(group.map((member) => member.address)).values()].map((address) => ({
    policy: wishes[0]?.policy ?? '',
    address,
    onChange: mostCareful(wishes.map((wish) => wish.onChange)),
    onUnmatch: wishes.every((wish) => wish.onUnmatch === 'remove') ? 'remove' : 'suspend',
    proof: wishes.some((wish) => wish.proof === 'required') ? 'required' : 'asserted',
    reenroll: wishes.some((wish) => wish.reenroll),
  }))
}
