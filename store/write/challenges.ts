import type { Actor } from '../../domain/actor.ts'
import type {
  ChallengeChoice,
  ChallengeContext,
  ChallengePurpose,
  ChallengeStatus,
} from '../../domain/challenge.ts'
import type { Factor } from '../../domain/factor.ts'
import type { Database, Transaction } from '../database.ts'
import { firstIdOf } from '../first-id.ts'
import { runPrepared } from '../run-prepared.ts'

/** A challenge that begins. Its times are the database's: lengths in milliseconds are counted from there. */
export interface FreshChallenge {
  readonly id: string
  readonly client: string
  readonly identityId: string
  readonly purpose: ChallengePurpose
  readonly factor: Factor
  readonly digits: number
  readonly tries: number
  readonly maxSends: number
  readonly validFor: number
  readonly choices: readonly ChallengeChoice[] | null
  readonly transactionHash: Buffer | null
  readonly context: ChallengeContext
  readonly actor: Actor | null
  readonly locale: string | null
}

/** Where the code of a challenge goes, and what it is derived from. */
export interface ChallengeTarget {
  readonly enrollmentId: string
  readonly nonce: Buffer
  readonly keyId: string
  readonly tries: number
  /** Until the first resend, in milliseconds; null: there is none. */
  readonly wait: number | null
}

/** A challenge with what its code is derived from, and where it stands by the database's clock. */
export interface StoredChallenge {
  readonly id: string
  readonly client: string
  readonly identityId: string
  readonly purpose: ChallengePurpose
  readonly factor: Factor
  readonly enrollmentId: string | null
  /** `expired` from the end of its validity on, swept or not. */
  readonly status: ChallengeStatus
  readonly nonce: Buffer | null
  readonly keyId: string | null
  readonly generation: number
  readonly digits: number
  readonly attempts: number
  readonly tries: number
  readonly sends: number
  readonly maxSends: number
  readonly resendAt: Date | null
  /** Milliseconds until then; 0 or less: now. */
  readonly resendIn: number | null
  readonly expiresAt: Date
  readonly choices: readonly ChallengeChoice[] | null
  readonly transactionHash: Buffer | null
  readonly context: ChallengeContext
  readonly actor: Actor | null
  readonly locale: string | null
  /** The enrollment's address now. */
  readonly address: string | null
  /** Of the newest delivery. */
  readonly deliveryStatus: string | null
}

/**
 * Ends the live challenge of an identity, purpose, factor and enrollment, where there is one. Answers the tries that
 * were left to it, or null where the next one starts afresh. The caller holds the lock of the identity.
 */
export async function supersede(
  trx: Transaction,
  place: Pick<FreshChallenge, 'identityId' | 'purpose' | 'factor'> & { readonly enrollmentId: string | null },
): Promise<number | null> {
  const { rows } = await runPrepared<{ rows: { left: number | null }[] }>(
    trx,
    'supersede-challenge',
    `with live as materialized (
       select id, tries - attempts as tries_left, expires_at <= now() as late from challenges
       where identity_id = :identityId and purpose = :purpose and factor = :factor and ${samePlace}
         and status in ('selecting', 'pending') for update),
     ended as (
       update challenges c set status = case when live.late then 'expired' else 'superseded' end, nonce = null,
         ended_at = now() from live where c.id = live.id)
     select max(tries_left) filter (where not late and tries_left > 0) as left from live`,
    { ...place },
  )
  return rows[0]?.left ?? null
}

/** In the words of the index `challenges_live`. */
const nowhere = `'00000000-0000-0000-0000-000000000000'::uuid`
const samePlace = `coalesce(enrollment_id, ${nowhere}) = coalesce(cast(:enrollmentId as uuid), ${nowhere})`

/** Inserts a challenge that waits for the person's choice (`target` null) or for the code; answers its times. */
export async function insertChallenge(
  trx: Transaction,
  challenge: FreshChallenge,
  target: ChallengeTarget | null,
): Promise<Pick<StoredChallenge, 'expiresAt' | 'resendAt'>> {
  const { rows } = await runPrepared<{ rows: [Pick<StoredChallenge, 'expiresAt' | 'resendAt'>] }>(
    trx,
    'insert-challenge',
    `with counted as (
       insert into identity_failures (identity_id, failures) values (:identityId, 0) on conflict do nothing)
     insert into challenges (id, client, identity_id, purpose, factor, enrollment_id, status, nonce, key_id, digits,
       tries, sends, max_sends, resend_at, expires_at, created_at, choices, transaction_hash, context, actor, locale)
     values (:id, :client, :identityId, :purpose, :factor, :enrollmentId,
       case when cast(:enrollmentId as uuid) is null then 'selecting' else 'pending' end, :nonce, :keyId, :digits, :tries,
       case when cast(:enrollmentId as uuid) is null then 0 else 1 end, :maxSends, ${after('wait')}, ${after('validFor')}, now(),
       :choices, :transactionHash, :context, :actor, :locale)
     returning expires_at as "expiresAt", resend_at as "resendAt"`,
    {
      ...challenge,
      ...(target ?? { enrollmentId: null, nonce: null, keyId: null, wait: null }),
      choices: challenge.choices === null ? null : JSON.stringify(challenge.choices),
      context: JSON.stringify(challenge.context),
      actor: challenge.actor === null ? null : JSON.stringify(challenge.actor),
    },
  )
  return rows[0]
}

/** The database's time so many milliseconds from now; null for null. */
function after(name: string): string {
  return `now() + cast(:${name} as double precision) * interval '1 millisecond'`
}

/** The person chose. The challenge must be `selecting`, and its identity locked. */
export async function startChosen(trx: Transaction, id: string, target: ChallengeTarget): Promise<void> {
  await trx.raw(
    `update challenges set status = 'pending', enrollment_id = :enrollmentId, nonce = :nonce, key_id = :keyId,
       tries = :tries, sends = 1, resend_at = ${after('wait')}
     where id = :id and status = 'selecting'`,
    { id, ...target },
  )
}

/** One more message with the same code. The challenge must be `pending`, and its identity locked. */
export async function countSend(trx: Transaction, id: string, wait: number | null): Promise<void> {
  await trx.raw(
    `update challenges set sends = sends + 1, resend_at = ${after('wait')} where id = :id and status = 'pending'`,
    { id, wait },
  )
}

/** Null where there is none, or where it is another client's. `client` null: whoever's. */
export async function readChallenge(
  database: Database,
  id: string,
  client: string | null,
): Promise<StoredChallenge | null> {
  const { rows } = await runPrepared<{ rows: StoredChallenge[] }>(
    database,
    'read-challenge',
    `select c.id, c.client, c.identity_id as "identityId", c.purpose, c.factor, c.enrollment_id as "enrollmentId",
       case when c.status in ('selecting', 'pending') and c.expires_at <= now() then 'expired' else c.status end as status,
       c.nonce, c.key_id as "keyId", c.generation, c.digits, c.attempts, c.tries, c.sends, c.max_sends as "maxSends",
       c.resend_at as "resendAt", extract(epoch from c.resend_at - now())::double precision * 1000 as "resendIn",
       c.expires_at as "expiresAt", c.choices, c.transaction_hash as "transactionHash", c.context, c.actor, c.locale,
       e.address, d.status as "deliveryStatus"
     from challenges c left join enrollments e on e.id = c.enrollment_id
       left join lateral (select status from deliveries where identity_id = c.identity_id and challenge_id = c.id
         order by id desc limit 1) d on true
     where c.id = :id and (cast(:client as text) is null or c.client = :client)`,
    { id, client },
  )
  return rows[0] ?? null
}

/** How a challenge ends without a right code, erasing what its code is derived from. False: it had ended. */
export async function endChallenge(
  database: Database,
  id: string,
  end: 'failed' | 'expired' | 'cancelled',
): Promise<boolean> {
  const { rowCount } = await database.raw<{ rowCount: number }>(
    `update challenges set status = :end, nonce = null, ended_at = now()
     where id = :id and status in ('selecting', 'pending') and (:end <> 'expired' or expires_at <= now())`,
    { id, end },
  )
  return rowCount > 0
}

/** Erases what codes are derived from where the time is over. Returns how many there were. */
export async function expireOverdue(database: Database, limit: number): Promise<number> {
  const { rowCount } = await database.raw<{ rowCount: number }>(
    `update challenges set status = 'expired', nonce = null, ended_at = now()
     where id in (select id from challenges where status in ('selecting', 'pending') and expires_at <= now()
       order by expires_at limit ? for update skip locked)`,
    [limit],
  )
  return rowCount
}

/** Cancels the live challenges of an enrollment, or (null) of an identity, but for one. Returns how many there were. */
export async function cancelOthers(
  trx: Transaction,
  identityId: string,
  enrollmentId: string | null,
  but: string,
): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update challenges set status = 'cancelled', nonce = null, ended_at = now()
     where identity_id = :identityId and id <> :but
       and (cast(:enrollmentId as uuid) is null or enrollment_id = :enrollmentId)
       and status in ('selecting', 'pending')`,
    { identityId, enrollmentId, but },
  )
  return rowCount
}

/**
 * Cancels the live challenges of these identities that could not be made any more: the right is gone or no longer
 * counts for the client, the enrollment is not usable (for a proof: not there to be proven), or its address changed
 * since the code was sent. Returns the challenges.
 */
export async function cancelUnusable(
  trx: Transaction,
  identityIds: readonly string[],
): Promise<readonly { readonly id: string; readonly identityId: string; readonly client: string }[]> {
  const [id, ...others] = identityIds
  if (id === undefined) return []
  type Cancelled = { rows: { id: string; identityId: string; client: string }[] }
  // Asked for with everybody who is switched off: planned once a connection.
  const { rows } =
    others.length === 0
      ? await runPrepared<Cancelled>(trx, 'cancel-unusable-of-one', cancelWhere('c.identity_id = ?'), [id])
      : await trx.raw<Cancelled>(cancelWhere('c.identity_id = any(?)'), [[...identityIds]])
  return rows
}

function cancelWhere(whose: string): string {
  return `update challenges c set status = 'cancelled', nonce = null, ended_at = now()
     where ${whose} and c.status in ('selecting', 'pending') and not (
       exists (select 1 from rights r where r.identity_id = c.identity_id and r.factor = c.factor and r.effective
         and (r.clients is null or jsonb_exists(r.clients, c.client)))
       and (c.enrollment_id is null or exists (select 1 from enrollments e where e.id = c.enrollment_id
         and (e.address_changed_at is null or e.address_changed_at <= c.created_at)
         and case c.purpose when 'authentication' then e.status = 'active' or e.status = 'locked' and e.locked_until <= now()
           else e.status not in ('disabled', 'suspended') end)))
     returning c.id, c.identity_id as "identityId", c.client`
}

/** The first request with a key gets it; null. Later ones learn whose challenge it is, and whether they ask the same. */
export async function claimKey(
  trx: Transaction,
  claim: {
    readonly client: string
    readonly key: string
    readonly requestHash: Buffer
    readonly challengeId: string
  },
): Promise<{ readonly challengeId: string; readonly same: boolean } | null> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `insert into idempotency_keys (client, key, request_hash, challenge_id, created_at)
     values (:client, :key, :requestHash, :challengeId, now()) on conflict do nothing`,
    { ...claim },
  )
  if (rowCount > 0) return null
  const { rows } = await trx.raw<{ rows: { challengeId: string; same: boolean }[] }>(
    `select challenge_id as "challengeId", request_hash = :requestHash as same from idempotency_keys
     where client = :client and key = :key`,
    { ...claim },
  )
  return rows[0] ?? null
}

/** Idempotency keys count for a day. Returns how many were forgotten. */
export async function forgetKeys(database: Database): Promise<number> {
  const { rowCount } = await database.raw<{ rowCount: number }>(
    `delete from idempotency_keys where created_at < now() - interval '1 day'`,
  )
  return rowCount
}

/** Removes the oldest challenges that began before a time and have ended, with their deliveries. Returns how many. */
export async function forgetBefore(database: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await database.raw<{ rowCount: number }>(
    `delete from challenges where id in (select id from challenges
       where id < :bound and status not in ('selecting', 'pending') order by id limit :limit for update skip locked)`,
    { bound: firstIdOf(before), limit },
  )
  return rowCount
}
