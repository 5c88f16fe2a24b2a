import type { Actor } from '../../domain/actor.ts'
import type { Clock } from '../../domain/clock.ts'
import { MusterError } from '../../domain/error.ts'
import type { Store } from '../../store/store.ts'
import { queueDelivery } from './queue-delivery.ts'

export interface TestMessage {
  readonly enrollmentId: string
  readonly actor: Actor
  readonly newId: () => string
}

/** Milliseconds that a test message is worth sending. */
const worthFor = 120_000

/**
 * Puts a message without a code on its way to an enrolled address, whatever its status: whether it arrives is the
 * question. Answers the delivery's id; a server takes it up within seconds. `not-found`.
 */
export async function queueTest(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { enrollmentId, actor, newId }: TestMessage,
): Promise<string> {
  const id = newId()
  await store.transaction(async (trx) => {
    const enrollment = await store.enrollments.readEnrollment(trx, enrollmentId)
    if (enrollment === null || enrollment.removed !== null) {
      throw new MusterError('not-found', 'There is no such enrollment.')
    }
    const { identityId, factor } = enrollment
    const now = clock()
    const locales = await store.notices.readLocales(trx, [identityId])
    await queueDelivery(trx, store, {
      id,
      kind: 'test',
      challengeId: null,
      identityId,
      enrollmentId,
      channel: factor === 'otp-sms' ? 'sms' : 'email',
      address: null,
      template: 'test',
      parameters: {},
      locale: locales.get(identityId) ?? null,
      deadline: new Date(now.getTime() + worthFor),
      now,
    })
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'test-message-sent',
        actor,
        identityId,
        runId: null,
        policySet: null,
        effects: null,
        reason: null,
        detail: { enrollment: enrollmentId, factor, delivery: id },
      },
    ])
  })
  return id
}
