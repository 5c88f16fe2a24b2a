import { collapseByKey, compareText, type EnrollableAddress } from './choose-addresses.ts'
import { blankEnrollment, type Enrollment, type EnrollmentOrigin, type Proof } from './enrollment.ts'
import { isPending } from './enrollment-status.ts'
import { claimsByKey, type Following } from './follow-changes.ts'
import type { SharedOrigins } from './shared-origins.ts'
import type { Want } from './wanted-addresses.ts'

interface AddingContext {
  readonly now: string
  /** A fresh enrollment id. */
  readonly newId: () => string
  /** Left out: new origins are the enrollment's own. */
  readonly origins?: SharedOrigins
}

/**
 * The enrollments of one factor after what only adds: new addresses, changed ones, origins gained, removals and
 * disables that a `reenroll` clears. Nothing is withdrawn here; statuses are left to the caller.
 */
export function addEnrollments(
  enrollments: readonly Enrollment[],
  following: Following,
  context: AddingContext,
): readonly Enrollment[] {
  const changed = enrollments.map((row) => addToRow(row, following, context))
  const present = new Set(changed.map((row) => row.key))
  const fresh = [...following.claims]
    .filter(([key]) => !present.has(key))
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([key, claims]) => enrollFresh(key, claims, following.holds, context))
  return [...changed, ...fresh]
}

/** The enrollments of somebody who had none, by key: nothing is changed, held or brought back. */
export function addFirstEnrollments(wants: readonly Want[], context: AddingContext): readonly Enrollment[] {
  const [want, ...others] = wants
  // As for most people.
  if (want !== undefined && others.length === 0) return enrollFresh(want.address.key, wants, noHolds, context)
  return [...claimsByKey(wants)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([key, claims]) => enrollFresh(key, claims, noHolds, context))
}

/**
 * Whether the policies that want an address leave it pending without a code of its own. A pending address that
 * nobody asks a code for any more becomes usable, unless a person put it there: then only their code does that.
 */
export function withoutNeedlessProof(row: Enrollment, claims: readonly Want[]): Enrollment {
  if (!isPending(row) || row.replaces !== null || hasPersonalOrigin(row)) return row
  return needsProof(claims) ? row : { ...row, proofRequired: false }
}

function addToRow(row: Enrollment, following: Following, context: AddingContext): Enrollment {
  const key = following.readdressed.get(row.id) ?? row.key
  const claims = following.claims.get(key)
  if (claims === undefined) return row
  if (key !== row.key) return readdress(row, key, claims, following, context)
  return row.removed === null
    ? addOrigins(row, claims, following, context)
    : bringBack(row, claims, following, context)
}

function addOrigins(
  row: Enrollment,
  claims: readonly Want[],
  following: Following,
  { now }: AddingContext,
): Enrollment {
  const address = standingAddress(claims)
  if (address === null) return row
  const gained = claims.filter((claim) => row.origins.every((origin) => origin.policy !== claim.policy))
  const withOrigins: Enrollment = {
    ...row,
    // The text is the person's own where a person put it there.
    address: hasPersonalOrigin(row) ? row.address : address.value,
    origins: [
      ...row.origins.map((origin) => {
        const claim = origin.kind === 'policy' && claims.find((it) => it.policy === origin.policy)
        return claim ? originOf(claim, origin.since) : origin
      }),
      ...gained.map((claim) => originOf(claim, now)),
    ],
    proof: betterProof(row.proof, proofOf(address)),
    replaces: following.holds.get(row.key) ?? row.replaces,
    disabled: row.disabled?.by === 'self' && claims.some((claim) => claim.reenroll) ? null : row.disabled,
    unwantedSince: null,
  }
  return withoutNeedlessProof(withOrigins, claims)
}

/** The row keeps its id and its history of use; its proof is that of the new value alone. */
function readdress(
  row: Enrollment,
  key: string,
  claims: readonly Want[],
  following: Following,
  { now }: AddingContext,
): Enrollment {
  const address = standingAddress(claims)
  if (address === null) return row
  const replaces = following.holds.get(key) ?? null
  const since = (claim: Want) => row.origins.find((origin) => origin.policy === claim.policy)?.since ?? now
  return {
    ...row,
    address: address.value,
    key,
    origins: claims.map((claim) => originOf(claim, since(claim))),
    proof: proofOf(address),
    proofRequired: startsPending(claims, following.holds.has(key), replaces),
    replaces,
    undeliverableSince: null,
    unwantedSince: null,
    addressChangedAt: now,
  }
}

/** Clears a person's removal and a self-disable; what an administrator disabled stays so. */
function bringBack(
  row: Enrollment,
  claims: readonly Want[],
  following: Following,
  { now }: AddingContext,
): Enrollment {
  const address = standingAddress(claims)
  if (address === null || !claims.some((claim) => claim.reenroll)) return row
  const replaces = following.holds.get(row.key) ?? null
  return {
    ...row,
    address: address.value,
    origins: claims.map((claim) => originOf(claim, now)),
    proof: betterProof(row.proof, proofOf(address)),
    proofRequired: row.proof !== 'proven' && startsPending(claims, following.holds.has(row.key), replaces),
    replaces,
    disabled: row.disabled?.by === 'self' ? null : row.disabled,
    unwantedSince: null,
    removed: null,
    enrolledAt: now,
  }
}

function enrollFresh(
  key: string,
  claims: readonly Want[],
  holds: Following['holds'],
  { now, newId, origins: shared }: AddingContext,
): readonly Enrollment[] {
  const address = standingAddress(claims)
  if (address === null) return []
  const replaces = holds.get(key) ?? null
  const origins = claims.map((claim) => originOf(claim, now))
  return [
    {
      ...blankEnrollment(newId(), address.factor, address.value, key, now),
      origins: shared?.share(origins) ?? origins,
      proof: proofOf(address),
      proofRequired: startsPending(claims, holds.has(key), replaces),
      replaces,
    },
  ]
}

const noHolds: Following['holds'] = new Map()

/** What stands for the address where several policies see it: the same whatever their order. */
function standingAddress(claims: readonly Want[]): EnrollableAddress | null {
  const [claim, ...others] = claims
  if (claim !== undefined && others.length === 0) return claim.address
  return collapseByKey(claims.map(({ address }) => address))[0] ?? null
}

function startsPending(claims: readonly Want[], held: boolean, replaces: string | null): boolean {
  if (replaces !== null) return true
  return held ? needsProof(claims) : asksForProof(claims)
}

/** `required` wins for a new address, and a value that every source lets people edit counts for nothing. */
function asksForProof(claims: readonly Want[]): boolean {
  return (
    claims.some((claim) => claim.proof === 'required') ||
    claims.every((claim) => claim.address.trust === 'claimed')
  )
}

/** For an address that is pending: a policy that holds changes does not let it go without a code. */
function needsProof(claims: readonly Want[]): boolean {
  return asksForProof(claims) || claims.some((claim) => claim.onChange === 'hold')
}

function originOf(claim: Want, since: string): EnrollmentOrigin {
  return {
    kind: 'policy',
    policy: claim.policy,
    source: claim.address.source,
    attribute: claim.address.attribute,
    type: claim.address.type,
    since,
    onUnmatch: claim.onUnmatch,
  }
}

function hasPersonalOrigin(row: Enrollment): boolean {
  return row.origins.some((origin) => origin.kind !== 'policy')
}

function proofOf(address: EnrollableAddress): Proof {
  return address.trust === 'asserted' ? 'asserted' : 'none'
}

function betterProof(a: Proof, b: Proof): Proof {
  const ranks: readonly Proof[] = ['none', 'asserted', 'attested', 'proven']
  return ranks.indexOf(a) >= ranks.indexOf(b) ? a : b
}
