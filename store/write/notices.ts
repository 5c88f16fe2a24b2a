import type { DeliveryChannel, MessageParameters, MessageTemplate } from '../../domain/delivery.ts'
import type { Factor } from '../../domain/factor.ts'
import { copyRows } from '../copy-rows.ts'
import type { Transaction } from '../database.ts'

/** A notice that is to be sent at `sendAt`, not before. */
export interface NewNotice {
  readonly id: string
  readonly identityId: string
  /** Whose address it goes to; null where `address` says it. */
  readonly enrollmentId: string | null
  readonly address: string | null
  readonly channel: DeliveryChannel
  readonly template: MessageTemplate
  readonly parameters: MessageParameters
  readonly locale: string | null
  readonly sendAt: Date
  readonly deadline: Date
}

/** Inserts many at once: a reconciliation may change thousands of people. */
export async function insertNotices(
  trx: Transaction,
  notices: readonly NewNotice[],
  now: Date,
): Promise<void> {
  await copyRows(
    trx,
    {
      table: 'deliveries',
      columns: [
        ...['id', 'kind', 'identity_id', 'enrollment_id', 'address', 'channel', 'template', 'parameters'],
        ...['locale', 'status', 'next_at', 'deadline', 'created_at'],
      ],
      valuesOf: (notice) => [
        notice.id,
        'notice',
        notice.identityId,
        notice.enrollmentId,
        notice.address,
        notice.channel,
        notice.template,
        notice.parameters,
        notice.locale,
        'queued',
        notice.sendAt,
        notice.deadline,
        now,
      ],
    },
    notices,
  )
}

/** A notice of the last hour. */
export interface RecentNotice {
  readonly id: string
  readonly identityId: string
  readonly enrollmentId: string | null
  readonly address: string | null
  readonly template: MessageTemplate
  /** True while nobody has begun to send it. */
  readonly waits: boolean
  /** When it goes or went. */
  readonly nextAt: Date
}

/** Notices to these identities that wait, or went since then. */
export async function readRecentNotices(
  trx: Transaction,
  identityIds: readonly string[],
  since: Date,
  now: Date,
): Promise<readonly RecentNotice[]> {
  const { rows } = await trx.raw<{ rows: RecentNotice[] }>(
    `select id, identity_id as "identityId", enrollment_id as "enrollmentId", address, template, next_at as "nextAt",
       status = 'queued' and attempts = 0 and next_at > ? as waits
     from deliveries where identity_id = any(?) and kind = 'notice' and next_at > ? and status <> 'abandoned'`,
    [now, [...identityIds], since],
  )
  return rows
}

/** Notices that wait say from now on that several things changed. */
export async function widenNotices(trx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await trx.raw(
    `update deliveries set template = 'changed' where id = any(?) and status = 'queued' and attempts = 0`,
    [[...ids]],
  )
}

/** An enrollment that can be told of a change elsewhere. */
export interface ToldEnrollment {
  readonly id: string
  readonly identityId: string
  readonly factor: Factor
}

/**
 * The active enrollments of these identities that are older than the change, those best known to be the person's
 * first: proven, then last used, then oldest. Whoever enrolls for the first time has none.
 */
export async function readOlderEnrollments(
  trx: Transaction,
  identityIds: readonly string[],
  before: Date,
): Promise<readonly ToldEnrollment[]> {
  const { rows } = await trx.raw<{ rows: ToldEnrollment[] }>(
    `select id, identity_id as "identityId", factor from enrollments
     where identity_id = any(?) and status = 'active' and enrolled_at < ?
     order by proof = 'proven' desc, last_used ->> 'at' desc nulls last, id`,
    [[...identityIds], before],
  )
  return rows
}

/** The language preference of each of these identities that is active; one that has left is told nothing. */
export async function readLocales(
  trx: Transaction,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await trx.raw<{ rows: { id: string; locale: string | null }[] }>(
    `select id, attributes ->> 'preferredLanguage' as locale from identities where id = any(?) and active`,
    [[...identityIds]],
  )
  return new Map(rows.map(({ id, locale }) => [id, locale]))
}
