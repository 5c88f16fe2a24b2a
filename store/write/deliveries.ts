import type {
  DeliveryChannel,
  DeliveryKind,
  DeliveryStatus,
  MessageParameters,
  MessageTemplate,
} from '../../domain/delivery.ts'
import type { Database, Transaction } from '../database.ts'
import { firstIdOf } from '../first-id.ts'
import { runPrepared } from '../run-prepared.ts'

/** A message that is to be sent. */
export interface NewDelivery {
  readonly id: string
  readonly kind: DeliveryKind
  readonly challengeId: string | null
  readonly identityId: string
  readonly enrollmentId: string | null
  readonly channel: DeliveryChannel
  /** Only where no enrollment holds it (any more); else null, and the enrollment's counts. */
  readonly address: string | null
  readonly template: MessageTemplate
  readonly parameters: MessageParameters
  /** As the identity prefers it: a language range, or a list as in Accept-Language. */
  readonly locale: string | null
  /** Nothing is sent from then on. */
  readonly deadline: Date
  readonly now: Date
}

/** An attempt that was made, in the order of their numbers. */
export interface StoredAttempt {
  readonly connector: string
  readonly errorCode: string | null
  readonly ended: boolean
}

/** A delivery with what an attempt needs to know. */
export interface StoredDelivery extends Omit<NewDelivery, 'now'> {
  readonly status: DeliveryStatus
  readonly errorCode: string | null
  readonly leasedUntil: Date | null
  readonly nextAt: Date
  /** The enrollment's address now, where there is one. */
  readonly enrolledAddress: string | null
  readonly attempts: readonly StoredAttempt[]
}

/**
 * Inserts a queued delivery. An earlier one of the same challenge that waits for its next attempt is abandoned: the
 * new one says the same.
 */
export async function insertDelivery(trx: Transaction, delivery: NewDelivery): Promise<void> {
  await runPrepared(
    trx,
    'queue-delivery',
    `with superseded as (
       update deliveries set status = 'abandoned', error_code = 'superseded', ended_at = :now
       where identity_id = :identityId and challenge_id = :challengeId and status = 'queued'
         and (leased_until is null or leased_until <= :now))
     insert into deliveries (id, kind, challenge_id, identity_id, enrollment_id, channel, address, template, parameters,
       locale, status, next_at, deadline, created_at)
     values (:id, :kind, :challengeId, :identityId, :enrollmentId, :channel, :address, :template, :parameters, :locale,
       'queued', :now, :deadline, :now)`,
    { ...delivery, parameters: JSON.stringify(delivery.parameters) },
  )
}

/** A delivery with its attempts, or null. */
export async function readDelivery(database: Database, id: string): Promise<StoredDelivery | null> {
  const { rows } = await runPrepared<{ rows: StoredDelivery[] }>(
    database,
    'read-delivery',
    `select d.id, d.kind, d.challenge_id as "challengeId", d.identity_id as "identityId",
       d.enrollment_id as "enrollmentId", d.channel, d.address, d.template, d.parameters, d.locale, d.status,
       d.error_code as "errorCode", d.deadline, d.leased_until as "leasedUntil", d.next_at as "nextAt",
       (select e.address from enrollments e where e.id = d.enrollment_id and e.removed is null) as "enrolledAddress",
       coalesce((select jsonb_agg(jsonb_build_object('connector', a.connector, 'errorCode', a.error_code,
           'ended', a.ended_at is not null) order by a.number)
         from delivery_attempts a where a.delivery_id = d.id), '[]'::jsonb) as attempts
     from deliveries d where d.id = ?`,
    [id],
  )
  return rows[0] ?? null
}

/** Who sends now, and by what. */
export interface BegunAttempt {
  readonly deliveryId: string
  /** Attempts that the caller saw: somebody else's since then makes this one lose. */
  readonly seen: number
  readonly lease: string
  readonly leasedUntil: Date
  readonly connector: string
  readonly now: Date
}

/**
 * Takes the lease and records the attempt, both or neither: false where somebody else holds the lease, the delivery
 * has ended, or its time is over. An attempt whose process died is closed as `lost`.
 */
export async function beginAttempt(database: Database, attempt: BegunAttempt): Promise<boolean> {
  const { rows } = await runPrepared<{ rows: unknown[] }>(
    database,
    'begin-attempt',
    `with taken as (
       update deliveries set lease = :lease, leased_until = :leasedUntil, next_at = :leasedUntil, attempts = attempts + 1
       where id = :deliveryId and status = 'queued' and attempts = :seen and deadline > :now
         and (leased_until is null or leased_until <= :now)
       returning id, attempts),
     lost as (
       update delivery_attempts a set ended_at = :now, outcome = 'retry', error_code = 'lost'
       from taken where a.delivery_id = taken.id and a.ended_at is null)
     insert into delivery_attempts (delivery_id, number, connector, at)
     select id, attempts, :connector, cast(:now as timestamptz) from taken returning number`,
    { ...attempt },
  )
  return rows.length === 1
}

/** How an attempt ended and how the delivery goes on. */
export interface EndedAttempt {
  readonly deliveryId: string
  readonly number: number
  readonly lease: string
  readonly connector: string
  readonly outcome: 'sent' | 'retry' | 'failed'
  readonly status: DeliveryStatus
  readonly errorCode: string | null
  readonly providerId: string | null
  /** When the next attempt is worth making, where there is one. */
  readonly nextAt: Date
  readonly now: Date
}

/**
 * Records the outcome and gives the lease back. Of a message that was sent this is recorded even after the lease was
 * lost, for nobody needs to send it again; a failure says nothing about what the next holder of the lease does.
 */
export async function endAttempt(database: Database, end: EndedAttempt): Promise<void> {
  await runPrepared(
    database,
    'settle-attempt',
    `with attempt as (
       update delivery_attempts set ended_at = :now, outcome = :outcome, error_code = :errorCode, provider_id = :providerId
       where delivery_id = :deliveryId and number = :number)
     update deliveries set lease = null, leased_until = null, status = :status, connector = :connector,
       provider_id = :providerId, error_code = :errorCode, next_at = :nextAt,
       ended_at = case when :status in ('failed', 'abandoned') then cast(:now as timestamptz) end
     where id = :deliveryId and status = 'queued' and (lease = :lease or :status = 'sent')`,
    { ...end },
  )
}

/** Ends a queued delivery that nobody holds, without an attempt. False where it is not so. */
export async function endDelivery(
  database: Database,
  id: string,
  end: { readonly status: 'failed' | 'abandoned'; readonly errorCode: string; readonly now: Date },
): Promise<boolean> {
  const { rowCount } = await database.raw<{ rowCount: number }>(
    `update deliveries set status = :status, error_code = :errorCode, ended_at = :now
     where id = :id and status = 'queued' and (leased_until is null or leased_until <= :now)`,
    { id, ...end },
  )
  return rowCount === 1
}

/**
 * Queued deliveries that nobody took in time, the oldest first: each is given to one asker only (`SKIP LOCKED`), who
 * keeps it for as long again as it may be late after `until`. Codes go before notices, of which a reconciliation may have made thousands.
 */
export async function claimOverdue(
  database: Database,
  claim: { readonly before: Date; readonly until: Date; readonly codes: number; readonly notices: number },
): Promise<readonly string[]> {
  const { rows } = await database.raw<{ rows: { id: string }[] }>(
    `with codes as (
       select id from deliveries where status = 'queued' and next_at <= :before and kind <> 'notice'
       order by next_at limit :codes for update skip locked),
     notices as (
       select id from deliveries where status = 'queued' and next_at <= :before and kind = 'notice'
       order by next_at limit :notices for update skip locked)
     update deliveries d set next_at = :until
     where d.id in (select id from codes union all select id from notices) returning d.id`,
    { ...claim },
  )
  return rows.map(({ id }) => id)
}

/** What a receipt needs to know of its delivery. */
export type ReceivedDelivery = Pick<StoredDelivery, 'id' | 'status' | 'channel' | 'enrollmentId'>

/** The delivery that a receipt speaks of: by what the provider calls it, or by our own id that it brings back. */
export async function lockReceived(
  trx: Transaction,
  receipt: {
    /** What routes call the connector. */
    readonly connectors: readonly string[]
    readonly providerId: string
    readonly deliveryId: string | null
  },
): Promise<ReceivedDelivery | null> {
  const { rows } = await trx.raw<{ rows: ReceivedDelivery[] }>(
    `select id, status, channel, enrollment_id as "enrollmentId" from deliveries
     where (connector = any(:connectors) and provider_id = :providerId)
        or (id = :deliveryId and (provider_id is null or provider_id = :providerId))
     order by (provider_id is not null) desc limit 1 for update`,
    { ...receipt, connectors: [...receipt.connectors] },
  )
  return rows[0] ?? null
}

/** Writes what a receipt says; the caller has locked the row and seen that it moves forward. */
export async function receiveDelivery(
  trx: Transaction,
  id: string,
  end: {
    readonly status: 'sent' | 'delivered' | 'failed'
    readonly providerId: string
    readonly errorCode: string | null
    readonly now: Date
  },
): Promise<void> {
  await trx.raw(
    `update deliveries set status = :status, provider_id = :providerId, error_code = :errorCode, lease = null,
       leased_until = null, ended_at = case when :status <> 'sent' then cast(:now as timestamptz) end where id = :id`,
    { id, ...end },
  )
}

/**
 * Ends every delivery that somebody was sending, which nobody will say any more whether it went out. Returns how many
 * there were.
 */
export async function endLeased(trx: Transaction, now: Date): Promise<number> {
  const { rows } = await trx.raw<{ rows: [{ ended: number }] }>(
    `with leased as (
       update deliveries set status = 'abandoned', error_code = 'restored', ended_at = :now, lease = null,
         leased_until = null
       where status = 'queued' and leased_until is not null returning id),
     lost as (
       update delivery_attempts a set ended_at = :now, outcome = 'failed', error_code = 'restored'
       from leased where a.delivery_id = leased.id and a.ended_at is null)
     select count(*)::int as ended from leased`,
    { now },
  )
  return rows[0].ended
}

/** Removes the oldest deliveries that were made before a time and have ended. Returns how many. */
export async function forgetBefore(database: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await database.raw<{ rowCount: number }>(
    `delete from deliveries where id in (select id from deliveries
       where id < :bound and status <> 'queued' order by id limit :limit for update skip locked)`,
    { bound: firstIdOf(before), limit },
  )
  return rowCount
}
