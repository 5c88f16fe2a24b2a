import type { ChallengeAction, ChallengePurpose, ClientSettings, NotAvailableReason } from './challenge.ts'
import { lockedForGood } from './challenge-tries.ts'
import type { Enrollment, EnrollmentStatus, Proof } from './enrollment.ts'
import { deriveStatus } from './enrollment-status.ts'
import { type Factor, factors } from './factor.ts'
import { isAfter } from './instant.ts'
import type { Right } from './right.ts'
import { hasRightFor } from './right-for-client.ts'

/** Where an identity stands, whoever asks. An identity that is not there is inactive and has nothing. */
export interface Standing {
  readonly active: boolean
  readonly rights: readonly Right[]
  /** All of them, tombstones included. */
  readonly enrollments: readonly Enrollment[]
  /** Too many failures over all enrollments. RFC 3339. */
  readonly lockedUntil: string | null
}

/** What is asked of it. */
export interface Wish {
  readonly purpose: ChallengePurpose
  readonly factor: Factor
  /** Null: any that can be used. */
  readonly enrollmentId: string | null
  readonly client: ClientSettings
  /** Factors that are switched on, for challenges and for enrolling by oneself. */
  readonly factors: { readonly authentication: readonly Factor[]; readonly registration: readonly Factor[] }
  /** RFC 3339. */
  readonly now: string
}

export type Choice =
  /** At least one; last used first. */
  | { readonly enrollments: readonly [Enrollment, ...Enrollment[]] }
  | { readonly enrollments: null; readonly reason: NotAvailableReason; readonly lockedUntil: string | null }

/** Which enrollments a code could go to, or the first reason why there is none. */
export function chooseEnrollments(standing: Standing, wish: Wish): Choice {
  const { purpose, factor, now } = wish
  if (!isRightFor(standing, wish)) return none('no-right')
  const rows = standing.enrollments.filter(
    (row) =>
      row.factor === factor &&
      row.removed === null &&
      (wish.enrollmentId === null || row.id === wish.enrollmentId),
  )
  const judged = rows.map((row) => ({ row, obstacle: obstacleOf(row, wish) }))
  const usable = judged.flatMap(({ row, obstacle }) => (obstacle === null ? [row] : []))
  if (standing.lockedUntil !== null && isAfter(standing.lockedUntil, now) && usable.length > 0)
    return none('locked', standing.lockedUntil)
  const [first, ...others] = usable.sort(lastUsedFirst)
  if (first !== undefined) return { enrollments: [first, ...others] }
  const obstacles = judged.map(({ obstacle }) => obstacle)
  const reason = reasonOrder.find((candidate) => obstacles.includes(candidate)) ?? 'not-enrolled'
  const locks = rows.flatMap(({ lockedUntil }) =>
    lockedUntil !== null && isAfter(lockedUntil, now) ? [lockedUntil] : [],
  )
  // A proof asks for an address that waits for one; where none does, there is none to prove.
  return none(
    purpose === 'enrollment' && reason === 'not-proven' ? 'not-enrolled' : reason,
    locks.sort()[0] ?? null,
  )
}

/** What the person can do instead, or about it. */
export function alternativesTo(standing: Standing, wish: Wish): readonly ChallengeAction[] {
  const usable = (other: Partial<Wish>) =>
    chooseEnrollments(standing, { ...wish, purpose: 'authentication', ...other }).enrollments ?? []
  const elsewhere = factors.some(
    (factor) => factor !== wish.factor && usable({ factor, enrollmentId: null }).length > 0,
  )
  const otherAddress = usable({ enrollmentId: null }).some(({ id }) => id !== wish.enrollmentId)
  return [
    ...(wish.enrollmentId !== null && otherAddress ? (['other-address'] as const) : []),
    ...(elsewhere ? (['other-factor'] as const) : []),
  ]
}

/** What is to be done about a reason, beside the alternatives. */
export function remediesFor(
  choice: Extract<Choice, { readonly enrollments: null }>,
  wish: Wish,
): readonly ChallengeAction[] {
  const enroll = mayRegister(wish) ? (['enroll'] as const) : []
  switch (choice.reason) {
    case 'no-right':
      return []
    case 'not-enrolled':
    case 'disabled':
      return enroll
    case 'not-proven':
      return ['prove']
    case 'undeliverable':
      return ['prove', ...enroll]
    case 'locked':
      return choice.lockedUntil === lockedForGood ? ['prove'] : ['wait']
    default:
      return choice.reason satisfies never
  }
}

/** Whether the factor is switched on for what is asked, for everybody and for this client. */
export function isSwitchedOn({ purpose, factor, client, factors: on }: Wish): boolean {
  // Policies and administrators enroll whatever people may do by themselves: their addresses can still be proven.
  if (purpose === 'enrollment') return true
  return on.authentication.includes(factor) && client.authentication.includes(factor)
}

function mayRegister({ factor, client, factors: on }: Wish): boolean {
  return on.registration.includes(factor) && client.registration.includes(factor)
}

function isRightFor({ rights, active }: Standing, wish: Wish): boolean {
  const { factor, client, now } = wish
  return isSwitchedOn(wish) && hasRightFor(rights, { factor, client: client.id, active, now })
}

const reasonOrder = [
  'not-enrolled',
  'not-proven',
  'disabled',
  'locked',
  'undeliverable',
] as const satisfies readonly NotAvailableReason[]

type Obstacle = (typeof reasonOrder)[number]

/** Why no code can go there; null: it can. */
function obstacleOf(row: Enrollment, wish: Wish): Obstacle | null {
  const { status } = deriveStatus(row, { rightEffective: true, now: wish.now })
  if (wish.purpose === 'enrollment') return obstacleToProof(row, status, wish)
  switch (status) {
    case 'active':
      return proofOrder.indexOf(row.proof) < proofOrder.indexOf(wish.client.minProof) ? 'not-proven' : null
    case 'pending':
      return 'not-proven'
    case 'disabled':
    case 'locked':
    case 'undeliverable':
      return status
    case 'suspended':
    case null:
      return 'not-enrolled'
    default:
      return status satisfies never
  }
}

function obstacleToProof(row: Enrollment, status: EnrollmentStatus | null, wish: Wish): Obstacle | null {
  const own = row.origins.every(({ kind }) => kind === 'self')
  if (own && !mayRegister(wish)) return 'not-enrolled'
  switch (status) {
    case 'pending':
      return null
    case 'disabled':
      return 'disabled'
    // A pause is waited for; a lock for good is ended by nothing but a proof.
    case 'locked':
      return wish.enrollmentId !== null && row.lockedUntil === lockedForGood ? null : 'locked'
    case 'undeliverable':
      return wish.enrollmentId === null ? 'undeliverable' : null
    case 'active':
      return wish.enrollmentId === null || row.proof === 'proven' ? 'not-proven' : null
    case 'suspended':
    case null:
      return 'not-enrolled'
    default:
      return status satisfies never
  }
}

const proofOrder: readonly Proof[] = ['none', 'asserted', 'attested', 'proven']

function lastUsedFirst(a: Enrollment, b: Enrollment): number {
  const used = ({ lastUsed }: Enrollment) => (lastUsed === null ? 0 : Date.parse(lastUsed.at))
  return used(b) - used(a) || Date.parse(a.enrolledAt) - Date.parse(b.enrolledAt) || (a.id < b.id ? -1 : 1)
}

function none(reason: NotAvailableReason, lockedUntil: string | null = null): Choice {
  return { enrollments: null, reason, lockedUntil: reason === 'locked' ? lockedUntil : null }
}
