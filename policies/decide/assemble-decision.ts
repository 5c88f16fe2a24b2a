import type { Address, UnusableValue } from '../../domain/address.ts'
import type {
  Decision,
  EnrollmentWish,
  IdentityFacts,
  PolicyDenial,
  RightDecision,
} from '../../domain/decision.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import type { CompiledPolicy, CompiledWish } from './compile-policy-set.ts'

/** What matching policies say of rights and wishes before an identity's addresses are looked at. */
export interface Verdict {
  readonly rights: readonly RightDecision[]
  readonly wishes: readonly CompiledWish[]
}

/** The verdict of these policies together. Their order decides no conflict. */
export function reachVerdict(matching: readonly CompiledPolicy[]): Verdict {
  return {
    rights: factors.map((factor) => decideRight(factor, matching)).filter((right) => right !== null),
    wishes: matching.flatMap((policy) => policy.wishes),
  }
}

/** Adds what is the identity's own. */
export function assembleDecision(
  identity: IdentityFacts,
  policySet: string,
  verdict: Verdict,
  selectAddresses: (path: number) => readonly Address[],
  reviewAt: number | null,
): Decision {
  const wishes = verdict.wishes.map((wish) => findCandidates(wish, selectAddresses))
  return {
    identity: identity.id,
    policySet,
    rights: verdict.rights,
    wishes,
    unusable: listUnusable(identity, wishes),
    reviewAt: reviewAt === null ? null : new Date(reviewAt).toISOString(),
  }
}

/**
 * A policy's denial beats every policy's grant (architecture rule 1). Null: no policy speaks of the factor. One pass,
 * without a list in between: in a large set nearly every person has a verdict of their own.
 */
function decideRight(factor: Factor, matching: readonly CompiledPolicy[]): RightDecision | null {
  const by: string[] = []
  const limited: (readonly string[] | null)[] = []
  const deniedBy: PolicyDenial[] = []
  for (const { grants, denials } of matching) {
    for (const grant of grants) {
      if (grant.factor !== factor) continue
      by.push(grant.policy)
      limited.push(grant.clients)
    }
    for (const { factor: denied, denial } of denials) if (denied === factor) deniedBy.push(denial)
  }
  if (by.length === 0 && deniedBy.length === 0) return null
  return {
    factor,
    granted: by.length > 0 && deniedBy.length === 0,
    clients: uniteClients(limited),
    by: sortUnique(by),
    deniedBy: deniedBy.sort((left, right) => (left.policy < right.policy ? -1 : 1)),
  }
}

/** Null, every client, as soon as one grant is not limited; and where there is no grant at all. */
function uniteClients(lists: readonly (readonly string[] | null)[]): readonly string[] | null {
  const clients: string[] = []
  for (const list of lists) {
    if (list === null) return null
    clients.push(...list)
  }
  return lists.length === 0 ? null : sortUnique(clients)
}

function sortUnique(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)].sort()
}

/** The first path that yields a usable address counts; where none does, the wish stands without candidates. */
function findCandidates(
  { wish, paths }: CompiledWish,
  selectAddresses: (path: number) => readonly Address[],
): EnrollmentWish {
  let candidates: readonly Address[] = []
  for (const path of paths) {
    candidates = selectAddresses(path)
    if (candidates.length > 0) break
  }
  if (candidates.length === 0) return wish
  // Written out, not spread: made for every wish of every identity.
  return {
    policy: wish.policy,
    priority: wish.priority,
    factor: wish.factor,
    attribute: wish.attribute,
    candidates,
    take: wish.take,
    max: wish.max,
    onChange: wish.onChange,
    onUnmatch: wish.onUnmatch,
    proof: wish.proof,
    reenroll: wish.reenroll,
  }
}

/**
 * Values of the factors that are wanted which cannot be used. Whether a path would have chosen them is not asked:
 * a number that is no number has no country, so the path that names one cannot see it.
 */
function listUnusable(
  { addresses }: IdentityFacts,
  wishes: readonly EnrollmentWish[],
): readonly UnusableValue[] {
  // Most people have nothing to report, and this is asked of everybody.
  if (wishes.length === 0 || addresses.every(({ unusable }) => unusable === null)) return nothing
  const found: UnusableValue[] = []
  for (const { factor, attribute, source, value, unusable } of addresses)
    if (unusable !== null && wishes.some((wish) => wish.factor === factor))
      found.push({ factor, attribute, source, value, reason: unusable })
  return found.length > 1 ? found.sort(byPlace) : found
}

const nothing: readonly UnusableValue[] = []

function byPlace(left: UnusableValue, right: UnusableValue): number {
  const [a, b] = [left, right].map(({ factor, value, source }) => `${factor}\0${value}\0${source}`)
  return a === b || a === undefined || b === undefined ? 0 : a < b ? -1 : 1
}
