import { v7 as newId } from 'uuid'
import type { AddressChange } from '../../domain/address-change.ts'
import type { MessageTemplate } from '../../domain/delivery.ts'
import type { Factor } from '../../domain/factor.ts'
import type { Transaction } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import type { NewNotice, RecentNotice } from '../../store/write/notices.ts'

/** Milliseconds: what changes within a minute is told at once, one address is told once an hour. */
const [batchFor, atMostEvery, worthFor] = [60_000, 3_600_000, 86_400_000] as const
/** Notices of one identity in an hour, whatever changes. */
const mostInHour = 6

/** Who is told what. */
interface Told {
  readonly identityId: string
  readonly enrollmentId: string | null
  readonly address: string | null
  readonly factor: Factor
  readonly template: MessageTemplate
  readonly about: Factor
}

/**
 * Tells people that their addresses were added, replaced or removed, in the transaction that changes them: the old
 * address, and another one that was active before, neither of which learns the new address (NIST SP 800-63B-4
 * section 4.6). Whoever has no other address, as at the very first enrollment, or has left, is told nothing. One
 * address gets one notice an hour; what changes meanwhile is part of it. A few statements however many people there
 * are; the caller holds the locks of their states.
 */
export async function queueNotices(
  trx: Transaction,
  store: Store,
  changes: readonly AddressChange[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) return
  const ids = [...new Set(changes.map(({ identityId }) => identityId))]
  const others = await store.notices.readOlderEnrollments(trx, ids, now)
  const told = chooseTold(changes, others)
  if (told.length === 0) return
  const toldIds = [...new Set(told.map(({ identityId }) => identityId))]
  const locales = await store.notices.readLocales(trx, toldIds)
  const since = new Date(now.getTime() - atMostEvery)
  const recent = await store.notices.readRecentNotices(trx, toldIds, since, now)
  const byDestination = new Map(recent.map((notice) => [destinationOf(notice), notice]))
  const counts = countBy(recent)
  const fresh: NewNotice[] = []
  const widened: string[] = []
  for (const one of told) {
    const locale = locales.get(one.identityId)
    const earlier = byDestination.get(destinationOf(one))
    const count = counts.get(one.identityId) ?? 0
    if (locale === undefined) continue
    if (earlier?.waits === true) {
      if (earlier.template !== one.template) widened.push(earlier.id)
    } else if (count < mostInHour) {
      counts.set(one.identityId, count + 1)
      fresh.push(makeNotice(one, locale, earlier, now))
    }
  }
  await store.notices.widenNotices(trx, widened)
  await store.notices.insertNotices(trx, fresh, now)
}

function makeNotice(
  { identityId, enrollmentId, address, factor, template, about }: Told,
  locale: string | null,
  earlier: RecentNotice | undefined,
  now: Date,
): NewNotice {
  const soon = now.getTime() + batchFor
  const sendAt = earlier === undefined ? soon : Math.max(soon, earlier.nextAt.getTime() + atMostEvery)
  return {
    id: newId(),
    identityId,
    enrollmentId,
    address,
    channel: factor === 'otp-sms' ? 'sms' : 'email',
    template,
    parameters: { factor: about },
    locale,
    sendAt: new Date(sendAt),
    deadline: new Date(sendAt + worthFor),
  }
}

/** Of each identity the old addresses, each for its own change, and the best known other one for all of them. */
function chooseTold(
  changes: readonly AddressChange[],
  others: Awaited<ReturnType<Store['notices']['readOlderEnrollments']>>,
): readonly Told[] {
  const changed = new Set(changes.map(({ enrollmentId }) => enrollmentId))
  const other = new Map<string, (typeof others)[number]>()
  for (const one of others) {
    if (!changed.has(one.id) && !other.has(one.identityId)) other.set(one.identityId, one)
  }
  const told = new Map<string, Told>()
  for (const { identityId, kind, factor, oldAddress } of changes) {
    if (oldAddress !== null) {
      const old: Told = {
        identityId,
        enrollmentId: null,
        address: oldAddress,
        factor,
        template: kind,
        about: factor,
      }
      told.set(destinationOf(old), old)
    }
    const witness = other.get(identityId)
    if (witness === undefined) continue
    const one = { identityId, enrollmentId: witness.id, address: null, factor: witness.factor }
    const template = told.has(destinationOf(one)) ? 'changed' : kind
    told.set(destinationOf(one), { ...one, template, about: factor })
  }
  return [...told.values()]
}

function destinationOf(one: Pick<Told, 'identityId' | 'enrollmentId' | 'address'>): string {
  return `${one.identityId} ${one.enrollmentId ?? one.address}`
}

function countBy(recent: readonly RecentNotice[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { identityId } of recent) counts.set(identityId, (counts.get(identityId) ?? 0) + 1)
  return counts
}
