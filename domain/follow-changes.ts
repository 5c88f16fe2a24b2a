import { compareText } from './choose-addresses.ts'
import type { OnChange } from './decision.ts'
import type { Enrollment, EnrollmentOrigin } from './enrollment.ts'
import { isPending } from './enrollment-status.ts'
import { mostCareful, type Want } from './wanted-addresses.ts'

/** What changed values mean for the enrollments of one factor (architecture rule 3). */
export interface Following {
  /** The wants to fulfil, by key: all but those whose policy keeps the old address instead. */
  readonly claims: ReadonlyMap<string, readonly Want[]>
  /** Row id → the key that the row takes on. */
  readonly readdressed: ReadonlyMap<string, string>
  /** Key → the row that stays in use until this address is proven; null where there is none to stay. */
  readonly holds: ReadonlyMap<string, string | null>
  /** Whether the policy's origin stays on the row although the policy wants another value now. */
  readonly keeps: (policy: string, row: Enrollment) => boolean
}

/**
 * Pairs what each policy lost with what it gained, where attribute, source and type agree, both sides by key, and
 * decides how the change is followed. Where policies disagree on a row, the most careful way counts for all.
 * - `keep`: the row stays as it is, and the new value is not enrolled for this policy.
 * - `replace`: the row takes on the new address when policies alone hold it, all of them let go of the old address,
 *   nobody disabled it and the new address has no row. Else the origin moves: the new address is enrolled on its
 *   own, and the old row is left to its other origins.
 * - `hold`: the new address is enrolled pending and says which row it will replace. A pending address holds nothing:
 *   it is replaced where it stands. When the new address is enrolled and usable already, the origin moves.
 */
export function followChanges(wants: readonly Want[], enrollments: readonly Enrollment[]): Following {
  const moves = pairMoves(wants, enrollments)
  const kept = new Set(
    moves.filter((move) => move.way === 'keep').map((move) => pair(move.policy, move.from.id)),
  )
  const passed = new Set(
    moves.filter((move) => move.way === 'keep').map((move) => pair(move.policy, move.to)),
  )
  const claims = claimsByKey(wants.filter((want) => !passed.has(pair(want.policy, want.address.key))))
  const state: FollowState = { claims, enrollments, readdressed: new Map(), holds: new Map() }
  for (const move of moves.filter((candidate) => candidate.way === 'hold')) followByHolding(move, state)
  for (const move of moves.filter((candidate) => candidate.way === 'replace')) followByReplacing(move, state)
  return {
    claims,
    readdressed: state.readdressed,
    holds: state.holds,
    keeps: (policy, row) => kept.has(pair(policy, row.id)),
  }
}

/** What wants each address, by its key. */
export function claimsByKey(wants: readonly Want[]): ReadonlyMap<string, readonly Want[]> {
  const claims = new Map<string, Want[]>()
  for (const want of wants) {
    const others = claims.get(want.address.key)
    if (others === undefined) claims.set(want.address.key, [want])
    else others.push(want)
  }
  return claims
}

/** The pending enrollments that are to take the row's place: one for each value that policies saw instead. */
export function successorsOf(row: Enrollment, enrollments: readonly Enrollment[]): readonly Enrollment[] {
  return enrollments.filter(
    (other) => other.replaces === row.id && other.removed === null && isPending(other),
  )
}

interface Move {
  readonly policy: string
  readonly from: Enrollment
  readonly to: string
  readonly way: OnChange
}

interface FollowState {
  readonly claims: ReadonlyMap<string, readonly Want[]>
  readonly enrollments: readonly Enrollment[]
  readonly readdressed: Map<string, string>
  readonly holds: Map<string, string | null>
}

function followByHolding({ from, to }: Move, state: FollowState): void {
  if (state.holds.has(to)) return
  const staying = isPending(from) ? from.replaces : from.id
  const present = state.enrollments.find((row) => row.key === to)
  if (present !== undefined) {
    if (canWait(present)) state.holds.set(to, staying)
    return
  }
  state.holds.set(to, staying)
  if (isPending(from) && canBeReaddressed(from, state)) state.readdressed.set(from.id, to)
}

/** An enrollment that is there already, or was once, and still needs a code before it can take a place. */
function canWait(row: Enrollment): boolean {
  return row.removed === null ? isPending(row) && row.replaces === null : row.proof !== 'proven'
}

function followByReplacing({ from, to }: Move, state: FollowState): void {
  const taken = new Set(state.readdressed.values())
  if (taken.has(to) || state.holds.has(to) || state.enrollments.some((row) => row.key === to)) return
  if (canBeReaddressed(from, state)) state.readdressed.set(from.id, to)
}

function canBeReaddressed(row: Enrollment, state: FollowState): boolean {
  return (
    row.disabled === null &&
    !state.claims.has(row.key) &&
    !state.readdressed.has(row.id) &&
    row.origins.every((origin) => origin.kind === 'policy') &&
    successorsOf(row, state.enrollments).length === 0
  )
}

/** In an order that depends on keys and policies alone. */
function pairMoves(wants: readonly Want[], enrollments: readonly Enrollment[]): readonly Move[] {
  const live = enrollments.filter((row) => row.removed === null).sort((a, b) => compareText(a.key, b.key))
  const policies = [...new Set(wants.map((want) => want.policy))].sort()
  const paired = policies.flatMap((policy) =>
    pairOfPolicy(
      policy,
      wants.filter((want) => want.policy === policy),
      live,
    ),
  )
  const wayOf = (row: Enrollment) =>
    mostCareful(paired.filter((it) => it.from.id === row.id).map((it) => it.want.onChange))
  return paired
    .map(({ want, from }) => ({ policy: want.policy, from, to: want.address.key, way: wayOf(from) }))
    .sort(
      (a, b) =>
        compareText(a.from.key, b.from.key) || compareText(a.to, b.to) || compareText(a.policy, b.policy),
    )
}

function pairOfPolicy(
  policy: string,
  wants: readonly Want[],
  live: readonly Enrollment[],
): readonly { want: Want; from: Enrollment }[] {
  const wanted = new Set(wants.map((want) => want.address.key))
  const held = live.filter((row) => originOf(policy, row) !== undefined)
  // The old address of a held change follows nothing more: its pending successor does.
  const isHeld = (row: Enrollment) =>
    successorsOf(row, live).some((next) => wanted.has(next.key) || originOf(policy, next) !== undefined)
  const lost = held.filter((row) => !wanted.has(row.key) && !isHeld(row))
  const lostBySlot = new Map<string, Enrollment[]>()
  for (const row of lost) {
    const origin = originOf(policy, row)
    if (origin === undefined) continue
    const slot = JSON.stringify([origin.attribute, origin.source, origin.type])
    lostBySlot.set(slot, [...(lostBySlot.get(slot) ?? []), row])
  }
  return wants
    .filter((want) => !held.some((row) => row.key === want.address.key))
    .flatMap((want) => {
      const { attribute, source, type } = want.address
      const from = lostBySlot.get(JSON.stringify([attribute, source, type]))?.shift()
      return from === undefined ? [] : [{ want, from }]
    })
}

function originOf(policy: string, row: Enrollment): EnrollmentOrigin | undefined {
  return row.origins.find((origin) => origin.kind === 'policy' && origin.policy === policy)
}

function pair(policy: string, other: string): string {
  return JSON.stringify([policy, other])
}
