import type { Actor } from '../domain/actor.ts'
import { describeChange } from '../domain/address-change.ts'
import type { Clock } from '../domain/clock.ts'
import { blankEnrollment, type Enrollment } from '../domain/enrollment.ts'
import { withStatus } from '../domain/enrollment-status.ts'
import { MusterError } from '../domain/error.ts'
import type { Factor } from '../domain/factor.ts'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import { cancelUnusable } from './challenges/cancel-unusable.ts'
import { queueNotices } from './deliveries/queue-notices.ts'
import { normaliseAddress } from './normalise-address.ts'

interface World {
  readonly store: Store
  readonly clock: Clock
}

export interface NewEnrollment {
  readonly identityId: string
  readonly factor: Factor
  /** As it was typed. */
  readonly address: string
  readonly actor: Actor
  readonly reason: string | null
}

export interface EnrollmentSettings {
  readonly newId: () => string
  /** For a number without a country code, or null to demand one. */
  readonly country: string | null
  readonly countries: ReadonlySet<string> | null
}

export interface EnrollmentChange {
  readonly enrollmentId: string
  /** Whose it must be; left out: whoever's. */
  readonly identityId?: string
  readonly change: 'disable' | 'enable' | 'unlock' | 'remove'
  readonly actor: Actor
  readonly reason: string | null
}

/**
 * An administrator enrolls an address: attested, and out of the policies' reach. Adding an address that was removed
 * clears its tombstone. Answers the enrollment's id.
 */
export async function addEnrollment(
  world: World & { readonly settings: EnrollmentSettings },
  request: NewEnrollment,
): Promise<string> {
  const { settings, clock } = world
  const { value, key, unusable } = normaliseAddress(
    request.factor,
    request.address,
    settings.country,
    settings.countries,
  )
  if (key === null || unusable !== null) {
    throw new MusterError('unusable-address', `The address cannot be enrolled: ${unusable ?? 'not usable'}.`)
  }
  const now = clock().toISOString()
  const origin = {
    kind: 'admin',
    policy: null,
    source: null,
    attribute: null,
    type: null,
    since: now,
    onUnmatch: null,
  } as const
  return world.store.transaction(async (trx) => {
    const enrollments = await lockEnrollments(trx, world.store, request.identityId)
    const present = enrollments.find((one) => one.factor === request.factor && one.key === key)
    const base = present ?? blankEnrollment(settings.newId(), request.factor, value, key, now)
    const proof = present?.proof === 'proven' && present.removed === null ? 'proven' : 'attested'
    const origins = [...base.origins.filter(({ kind }) => kind !== 'admin'), origin]
    const after = {
      ...base,
      origins,
      proof,
      proofRequired: false,
      unwantedSince: null,
      removed: null,
    } as const
    await writeEnrollment(trx, world, request, present ?? null, after)
    return base.id
  })
}

/**
 * An administrator's or the person's own act on an enrollment. What an administrator disabled, only an administrator
 * enables (`disabled`), and nobody but an administrator unlocks (`forbidden`).
 */
export async function changeEnrollment(world: World, request: EnrollmentChange): Promise<void> {
  const { store } = world
  await store.transaction(async (trx) => {
    const found = await store.enrollments.readEnrollment(trx, request.enrollmentId)
    if (
      found === null ||
      found.removed !== null ||
      found.identityId !== (request.identityId ?? found.identityId)
    )
      throw new MusterError('not-found', 'There is no such enrollment.')
    const enrollments = await lockEnrollments(trx, store, found.identityId)
    const before = enrollments.find(({ id }) => id === request.enrollmentId)
    if (before === undefined) throw new MusterError('not-found', 'There is no such enrollment.')
    const after = changed(before, request, world.clock().toISOString())
    if (request.change === 'unlock') await store.failures.forgetFailures(trx, found.identityId, before.id)
    await writeEnrollment(trx, world, { ...request, identityId: found.identityId }, before, after)
  })
}

function changed(before: Enrollment, { change, actor, reason }: EnrollmentChange, now: string): Enrollment {
  const by = actor.kind === 'self' ? 'self' : 'admin'
  switch (change) {
    case 'disable':
      // The person's own switch does not take an administrator's place.
      if (by === 'self' && before.disabled?.by === 'admin') return before
      return { ...before, disabled: { by, id: actor.id, at: now, reason } }
    case 'enable':
      if (by === 'self' && before.disabled?.by === 'admin')
        throw new MusterError('disabled', 'An administrator disabled this address.')
      return { ...before, disabled: null }
    case 'unlock':
      if (by === 'self') throw new MusterError('forbidden', 'Only an administrator unlocks an address.')
      return { ...before, lockedUntil: null }
    case 'remove':
      return {
        ...before,
        origins: [],
        removed: { by, id: actor.id, at: now },
        // Else adding the address again would undo what an administrator said.
        disabled: by === 'self' && before.disabled?.by === 'admin' ? before.disabled : null,
        unwantedSince: null,
      }
    default:
      return change satisfies never
  }
}

async function lockEnrollments(
  trx: Transaction,
  store: Store,
  identityId: string,
): Promise<readonly Enrollment[]> {
  await store.identities.lockIdentities(trx, [identityId])
  const rows = await store.enrollments.readEnrollments(trx, [identityId])
  return rows.map(({ identityId: _, ...enrollment }) => enrollment)
}

async function writeEnrollment(
  trx: Transaction,
  { store, clock }: World,
  request: { readonly identityId: string; readonly actor: Actor; readonly reason: string | null },
  before: Enrollment | null,
  edited: Enrollment,
): Promise<void> {
  const now = clock()
  const { identityId, actor, reason } = request
  const right = (await store.rights.readRights(trx, [identityId])).find(
    ({ factor }) => factor === edited.factor,
  )
  const after = withStatus(edited, { rightEffective: right?.effective ?? false, now: now.toISOString() })
  if (before === null) await store.enrollments.insertEnrollments(trx, [{ ...after, identityId }])
  else await store.enrollments.updateEnrollments(trx, [{ ...after, identityId }])
  await cancelUnusable(trx, store, [identityId], now)
  const change = describeChange(identityId, before, after)
  await queueNotices(trx, store, change === null ? [] : [change], now)
  await store.identities.markDue(trx, [identityId], { at: now, reason: 'manual', runId: null })
  await store.audit.insertAuditEvents(trx, [
    {
      at: now,
      action: 'enrollment-changed',
      actor,
      identityId,
      runId: null,
      policySet: null,
      effects: null,
      reason,
      detail: { enrollment: after.id, factor: after.factor, before, after },
    },
  ])
}
