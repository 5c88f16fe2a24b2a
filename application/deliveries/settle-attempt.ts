import type { SendFault, SendOutcome } from '../../connectors/channel.ts'
import type { DeliveryStep } from '../../domain/delivery.ts'
import type { BegunAttempt, StoredDelivery } from '../../store/write/deliveries.ts'
import { type ChannelRoute, chooseRoute, waitBefore } from './choose-route.ts'
import type { DeliveryOutcome, DeliveryWorld } from './delivery-world.ts'
import { markUndeliverable } from './mark-undeliverable.ts'

/** An attempt that a channel has answered. */
export interface AnsweredAttempt {
  readonly delivery: StoredDelivery
  readonly attempt: BegunAttempt
  readonly route: ChannelRoute
  readonly to: string
  readonly country: string | null
  /** Nothing is sent from then on. */
  readonly until: Date
  readonly outcome: SendOutcome
}

/** Records the outcome, and decides by the fault's class whether and when it goes on. */
export async function settleAttempt(world: DeliveryWorld, answered: AnsweredAttempt): Promise<DeliveryStep> {
  const { delivery, attempt, route, outcome } = answered
  const now = world.clock()
  const end = {
    deliveryId: delivery.id,
    number: attempt.seen + 1,
    lease: attempt.lease,
    connector: route.label,
    now,
  }
  if (outcome.ok) {
    world.health.note(route.label, true, now)
    await world.store.deliveries.endAttempt(world.store.database, {
      ...end,
      outcome: 'sent',
      status: 'sent',
      errorCode: null,
      providerId: outcome.providerId,
      nextAt: now,
    })
    tell(world, answered, 'sent', null)
    return { status: 'sent', fault: null }
  }
  const { fault } = outcome
  world.onFault({ deliveryId: delivery.id, connector: route.label, fault })
  if (fault.class !== 'address') world.health.note(route.label, false, now)
  const step = stepAfter(world, answered, fault, now)
  await world.store.deliveries.endAttempt(world.store.database, {
    ...end,
    outcome: step.status === 'queued' ? 'retry' : 'failed',
    status: step.status,
    errorCode: fault.code,
    providerId: null,
    nextAt: new Date(now.getTime() + (step.status === 'queued' ? step.waitMs : 0)),
  })
  tell(world, answered, step.status === 'queued' ? 'retry' : step.status, fault.code)
  if (fault.class === 'address') {
    await markUndeliverable(world, {
      enrollmentId: delivery.enrollmentId,
      address: answered.to,
      reason: fault.code,
    })
  }
  return step
}

function tell(
  { onOutcome }: DeliveryWorld,
  { delivery: { channel }, route: { label: connector } }: AnsweredAttempt,
  outcome: DeliveryOutcome['outcome'],
  code: string | null,
): void {
  onOutcome?.({ channel, connector, outcome, code })
}

function stepAfter(
  { routes, health }: DeliveryWorld,
  { delivery, attempt, route, country, until }: AnsweredAttempt,
  fault: SendFault,
  now: Date,
): DeliveryStep {
  if (fault.class === 'address') return { status: 'failed', fault: fault.code }
  const past = [...delivery.attempts, { connector: attempt.connector, errorCode: fault.code }]
  const next = chooseRoute(routes[delivery.channel], past, country, (label) => health.isSick(label, now))
  if (next === null) return { status: 'failed', fault: fault.code }
  const asked = next.label === route.label ? (fault.retryAfter ?? 0) : 0
  const waitMs = Math.max(asked, waitBefore(next, past))
  return now.getTime() + waitMs >= until.getTime()
    ? { status: 'abandoned', fault: fault.code }
    : { status: 'queued', fault: fault.code, waitMs, deadline: delivery.deadline.toISOString() }
}
