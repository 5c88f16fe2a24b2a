import type { LimitName, LimitSettings } from '../../domain/limit-settings.ts'
import type { Transaction } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import type { CountedMessage, CountsAfter } from '../../store/write/limits.ts'
import { prefixesOf } from './address-limits.ts'
import { judgePrefixes, type PrefixVerdict } from './judge-prefixes.ts'
import { type CountedAddress, type RateKey, rateKeysOf, type Sender, slotOf, slotsOf } from './rate-keys.ts'

/** A message that somebody wants sent. */
export interface AllowanceRequest extends CountedAddress, Sender {
  readonly now: Date
  readonly settings: LimitSettings
}

/** `retryAfter` in whole seconds: the earliest time at which the same request could be allowed. */
export type Allowance =
  | { readonly ok: true }
  | { readonly ok: false; readonly limit: LimitName; readonly retryAfter: number }

type Refusal = Extract<Allowance, { ok: false }>

const dayMs = 86_400_000

/**
 * Takes the allowance of one message under every limit, or of none: a message that one limit refuses is not counted
 * by the others. Call it last in the transaction that queues the message: shared counters stay locked until the
 * commit. Does not throw for a refusal; an open breaker and a country taken off the list are refusals too.
 */
export async function takeAllowance(
  trx: Transaction,
  store: Store,
  request: AllowanceRequest,
): Promise<Allowance> {
  if (!isCountryAllowed(request)) return { ok: false, limit: 'countries', retryAfter: dayMs / 1000 }
  const keys = rateKeysOf(request.settings, request, request)
  const message = messageOf(request, keys)
  const after = await store.limits.countMessage(trx, message)
  const { breaker } = request.settings
  const verdict = judgePrefixes(after.prefixes, message.prefixes[1] ?? null, breaker, request.now)
  const refusal =
    findRefusal(request, keys, after, verdict) ?? (await takeProbes(trx, store, request, verdict))
  if (refusal !== null) {
    await store.limits.uncountMessage(trx, message)
    return refusal
  }
  await openBreakers(trx, store, request, verdict)
  return { ok: true }
}

function isCountryAllowed({ channel, country, settings: { countries } }: AllowanceRequest): boolean {
  return channel === 'email' || countries === null || (country !== null && countries.has(country))
}

function watchedPrefixesOf(request: AllowanceRequest): readonly string[] {
  return request.settings.breaker.mode === 'off' ? [] : (prefixesOf(request) ?? [])
}

function messageOf(request: AllowanceRequest, rates: readonly RateKey[]): CountedMessage {
  const { channel, proven, now, identityId, settings } = request
  const { window, settle } = settings.breaker
  const slot = slotOf(identityId, slotsOf(budgetOf(request)))
  const budget = { day: now.toISOString().slice(0, 10), channel, proven, slot }
  const weighed = { since: new Date(now.getTime() - window), until: new Date(now.getTime() - settle) }
  return { rates, budget, prefixes: watchedPrefixesOf(request), weighed, now }
}

function budgetOf({ settings, channel, proven }: AllowanceRequest): number {
  return settings.budget[channel][proven ? 'proven' : 'unproven']
}

/** The refusal that lasts longest, or null. */
function findRefusal(
  request: AllowanceRequest,
  keys: readonly RateKey[],
  { ahead, spent }: CountsAfter,
  { refusedFor }: PrefixVerdict,
): Refusal | null {
  const refusals = keys.flatMap(({ limit, key, depth }): Refusal[] => {
    const over = (ahead.get(key) ?? 0) - depth
    return over > 0 ? [{ ok: false, limit, retryAfter: Math.ceil(over / 1_000_000) }] : []
  })
  if (refusedFor !== null) refusals.push({ ok: false, limit: 'breaker', retryAfter: refusedFor })
  const budget = budgetOf(request)
  if (spent > Math.floor(budget / slotsOf(budget))) {
    const left = dayMs - (request.now.getTime() % dayMs)
    refusals.push({ ok: false, limit: 'budget', retryAfter: Math.ceil(left / 1000) })
  }
  return refusals.toSorted((a, b) => b.retryAfter - a.retryAfter)[0] ?? null
}

/** Makes this message the probe of the breakers that wait for one. A sender that came second is refused. */
async function takeProbes(
  trx: Transaction,
  store: Store,
  { proven, now, settings: { breaker } }: AllowanceRequest,
  { probes }: PrefixVerdict,
): Promise<Refusal | null> {
  if (probes.length === 0) return null
  const next = new Date(now.getTime() + breaker.probeAfter)
  const taken = await store.breakers.takeProbes(trx, probes, proven, now, next)
  if (taken === probes.length || breaker.mode !== 'enforce') return null
  return { ok: false, limit: 'breaker', retryAfter: Math.ceil(breaker.probeAfter / 1000) }
}

/** The alert: a row that the metrics count, and an audit event. In the transaction of the last message let through. */
async function openBreakers(
  trx: Transaction,
  store: Store,
  { proven, now, settings: { breaker } }: AllowanceRequest,
  { opening }: PrefixVerdict,
): Promise<void> {
  if (breaker.mode === 'off') return
  const { mode } = breaker
  for (const { prefix, sent, typed } of opening.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1))) {
    const probeAt = new Date(now.getTime() + breaker.probeAfter)
    if (!(await store.breakers.openBreaker(trx, prefix, proven, { mode, openedAt: now, probeAt }))) continue
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'breaker-opened',
        actor: { kind: 'system', id: 'send-limits' },
        identityId: null,
        runId: null,
        policySet: null,
        effects: null,
        reason: 'Codes to this range of numbers are sent and hardly ever typed.',
        detail: { prefix, proven, mode, sent: sent + 1, typed },
      },
    ])
  }
}
