import { parsePhoneNumberWithError } from 'libphonenumber-js/max/es6'
import type { SendOutcome } from '../../connectors/channel.ts'
import type { DeliveryStep } from '../../domain/delivery.ts'
import type { StoredDelivery } from '../../store/write/deliveries.ts'
import { renderMessage } from '../messages/render-message.ts'
import { type ChannelRoute, chooseRoute } from './choose-route.ts'
import type { DeliveryWorld } from './delivery-world.ts'
import { settleAttempt } from './settle-attempt.ts'

/** Milliseconds that one sender has a delivery for itself; a send ends a second before. */
export interface Lease {
  readonly milliseconds: number
}

export const defaultLease: Lease = { milliseconds: 10_000 }

/**
 * One attempt to send one message, by whoever calls: the server after the commit, the workflow later, either of them
 * again after a crash. Takes the lease, derives the code, puts it into words and sends it on the next channel of the
 * route; the attempt is on record before the channel is called. Never sends after the deadline or when the challenge
 * has ended. Answers what became of it in classes and times alone.
 */
export async function attemptDelivery(
  world: DeliveryWorld,
  deliveryId: string,
  lease: Lease = defaultLease,
): Promise<DeliveryStep> {
  const delivery = await world.store.deliveries.readDelivery(world.store.database, deliveryId)
  // Erased with its challenge or its identity: there is nobody to tell.
  if (delivery === null) return { status: 'abandoned', fault: 'gone' }
  const early = standing(delivery, world.clock())
  if (early !== null) return early
  const step = await world.slots.run(delivery.channel, () => attemptNow(world, delivery, lease))
  return step === 'full' ? waiting(delivery, 'full', 1000) : step
}

/** Null where an attempt can be made. */
function standing(delivery: StoredDelivery, now: Date): DeliveryStep | null {
  const { status, leasedUntil, nextAt, errorCode } = delivery
  if (status !== 'queued') return { status, fault: errorCode }
  const from = Math.max(leasedUntil?.getTime() ?? 0, nextAt.getTime())
  return from <= now.getTime() ? null : waiting(delivery, errorCode, from - now.getTime())
}

function waiting({ deadline }: StoredDelivery, fault: string | null, waitMs: number): DeliveryStep {
  return { status: 'queued', fault, waitMs, deadline: deadline.toISOString() }
}

/** What is to be sent, or why nothing is. */
type Content =
  | { readonly ok: true; readonly to: string; readonly code: string | null; readonly until: Date }
  | { readonly ok: false; readonly why: 'expired' | 'ended' | 'no-address' }

async function attemptNow(
  world: DeliveryWorld,
  delivery: StoredDelivery,
  lease: Lease,
): Promise<DeliveryStep> {
  const content = await findContent(world, delivery)
  const now = world.clock()
  if (!content.ok) return endWithout(world, delivery, 'abandoned', content.why)
  if (content.until <= now) return endWithout(world, delivery, 'abandoned', 'expired')
  const country = delivery.channel === 'sms' ? countryOf(content.to) : null
  const routes = world.routes[delivery.channel]
  const route = chooseRoute(routes, delivery.attempts, country, (label) => world.health.isSick(label, now))
  if (route === null) return endWithout(world, delivery, 'failed', reasonWithoutRoute(delivery, routes))
  const leasedUntil = new Date(now.getTime() + lease.milliseconds)
  const attempt = {
    deliveryId: delivery.id,
    seen: delivery.attempts.length,
    lease: world.newId(),
    leasedUntil,
    connector: route.label,
    now,
  }
  const begun = await world.store.deliveries.beginAttempt(world.store.database, attempt)
  if (!begun) return lookAgain(world, delivery.id)
  const outcome = await send(world, delivery, route, content, lease)
  return settleAttempt(world, {
    delivery,
    attempt,
    route,
    to: content.to,
    until: content.until,
    outcome,
    country,
  })
}

async function findContent(world: DeliveryWorld, delivery: StoredDelivery): Promise<Content> {
  const { deadline } = delivery
  if (delivery.kind !== 'code') {
    const to = delivery.address ?? delivery.enrolledAddress
    return to === null ? { ok: false, why: 'no-address' } : { ok: true, to, code: null, until: deadline }
  }
  if (deadline <= world.clock()) return { ok: false, why: 'expired' }
  const code = delivery.challengeId === null ? null : await world.codeOf(delivery.challengeId)
  if (code === null) return { ok: false, why: 'ended' }
  const until = new Date(Math.min(code.expiresAt.getTime(), deadline.getTime()))
  return { ok: true, to: code.to, code: code.code, until }
}

async function send(
  world: DeliveryWorld,
  delivery: StoredDelivery,
  route: ChannelRoute,
  content: Content & { readonly ok: true },
  lease: Lease,
): Promise<SendOutcome> {
  const validFor = content.until.getTime() - world.clock().getTime()
  const { template, channel, parameters, locale } = delivery
  const { code, to } = content
  const words = renderMessage(world.catalog, world.messages, {
    template,
    channel,
    parameters,
    locale,
    code,
    validFor,
  })
  // A second for the outcome to be written while the lease still holds.
  const signal = AbortSignal.timeout(Math.max(1, Math.min(lease.milliseconds - 1000, validFor)))
  try {
    return await route.channel.send({ deliveryId: delivery.id, to, ...words, validFor }, signal)
  } catch {
    // A channel says what went wrong and never throws; one that does is broken, and its text may quote the address.
    return {
      ok: false,
      fault: { code: 'provider-error', class: 'passing', providerCode: null, retryAfter: null },
    }
  }
}

async function endWithout(
  world: DeliveryWorld,
  { id, channel }: StoredDelivery,
  status: 'failed' | 'abandoned',
  errorCode: string,
): Promise<DeliveryStep> {
  const { store, clock, onOutcome } = world
  const ended = await store.deliveries.endDelivery(store.database, id, { status, errorCode, now: clock() })
  if (ended) onOutcome?.({ channel, connector: null, outcome: status, code: errorCode })
  return ended ? { status, fault: errorCode } : lookAgain(world, id)
}

/** Somebody else was first: what did they make of it? */
async function lookAgain({ store, clock }: DeliveryWorld, id: string): Promise<DeliveryStep> {
  const delivery = await store.deliveries.readDelivery(store.database, id)
  if (delivery === null) return { status: 'abandoned', fault: 'gone' }
  return standing(delivery, clock()) ?? waiting(delivery, delivery.errorCode, 1000)
}

function reasonWithoutRoute(
  { attempts, errorCode }: StoredDelivery,
  routes: readonly ChannelRoute[],
): string {
  if (attempts.length > 0) return errorCode ?? 'lost'
  return routes.length === 0 ? 'misconfigured' : 'refused-destination'
}

function countryOf(number: string): string | null {
  try {
    return parsePhoneNumberWithError(number).country ?? null
  } catch {
    return null
  }
}
