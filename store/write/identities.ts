import type { Address, UnusableValue } from '../../domain/address.ts'
import type { Attributes } from '../../domain/attributes.ts'
import { copyRows } from '../copy-rows.ts'
import type { CopyTable } from '../copy-text.ts'
import type { Database, Transaction } from '../database.ts'
import { type KeptAddress, keepAddresses, readAddresses } from '../kept-addresses.ts'
import { runPrepared } from '../run-prepared.ts'

/** An identity as it is stored, without its rights and enrollments. */
export interface StoredIdentity {
  readonly id: string
  readonly userName: string | null
  /** Folded for comparison: `foldKey` of the domain. */
  readonly userNameKey: string | null
  readonly active: boolean
  readonly attributes: Attributes
  readonly addresses: readonly Address[]
  readonly sources: readonly string[]
  readonly inactiveFrom: string | null
  /** Since when no source brings the person any more (RFC 3339), or null. */
  readonly leftAt: string | null
}

/** Why an identity is due: for the operator's eye and the queue's age. */
export type DueReason = 'record' | 'policy-set' | 'review' | 'manual' | 'retry'

const identityColumns = `id, user_name as "userName", user_name_key as "userNameKey", active, attributes, addresses,
  sources, inactive_from as "inactiveFrom", left_at as "leftAt"`

export async function readIdentities(
  database: Database,
  ids: readonly string[],
): Promise<readonly StoredIdentity[]> {
  const [id, ...others] = ids
  type Row = Omit<StoredIdentity, 'addresses' | 'inactiveFrom' | 'leftAt'> & {
    readonly addresses: readonly KeptAddress[]
    readonly inactiveFrom: Date | null
    readonly leftAt: Date | null
  }
  const read =
    id !== undefined && others.length === 0
      ? runPrepared<{ rows: Row[] }>(
          database,
          'read-identity',
          `select ${identityColumns} from identities where id = ?`,
          [id],
        )
      : database.raw<{ rows: Row[] }>(`select ${identityColumns} from identities where id = any(?)`, [
          [...ids],
        ])
  return (await read).rows.map((row) => ({
    ...row,
    addresses: readAddresses(row.addresses),
    inactiveFrom: row.inactiveFrom?.toISOString() ?? null,
    leftAt: row.leftAt?.toISOString() ?? null,
  }))
}

/** Takes the locks of these identities' states in id order, so that two writers never wait for each other in a ring. */
export async function lockIdentities(trx: Transaction, ids: readonly string[]): Promise<void> {
  const [id, ...others] = ids
  if (id === undefined) return
  // A list is planned anew each time, which takes longer than taking one lock.
  if (others.length === 0) {
    await runPrepared(
      trx,
      'lock-identity',
      'select 1 from identity_states where identity_id = ? for update',
      [id],
    )
    return
  }
  await runPrepared(
    trx,
    'lock-identities',
    'select 1 from identity_states where identity_id = any(?) order by identity_id for update',
    [[...ids]],
  )
}

export async function insertIdentities(
  trx: Transaction,
  identities: readonly StoredIdentity[],
  due: { readonly at: Date; readonly reason: DueReason; readonly runId: string | null },
): Promise<void> {
  await copyRows(trx, identityRows(due.at), identities)
  await copyRows(
    trx,
    {
      table: 'identity_states',
      columns: ['identity_id', 'revision', 'due_at', 'due_reason', 'due_run'],
      valuesOf: (identity) => [identity.id, 1, due.at, due.reason, due.runId],
    },
    identities,
  )
}

/** Identities for statements that take their rows as JSON. */
export function identitiesAsJson(identities: readonly StoredIdentity[]): string {
  return JSON.stringify(
    identities.map((identity) => ({ ...identity, addresses: keepAddresses(identity.addresses) })),
  )
}

/** An identity with what was decided of it as it was made: it is not due. */
export interface DecidedIdentity {
  readonly identity: StoredIdentity
  readonly reviewAt: string | null
  readonly unusable: readonly UnusableValue[]
}

/** Their states. */
export function decidedStateRows(decided: {
  readonly at: Date
  readonly policySet: string
}): CopyTable<DecidedIdentity> {
  const at = decided.at.toISOString()
  return {
    table: 'identity_states',
    columns: ['identity_id', 'revision', 'decided_at', 'decided_set', 'review_at', 'unusable'],
    texts: { identity_id: 'ours', decided_at: 'ours', decided_set: 'ours', review_at: 'ours' },
    valuesOf: ({ identity, reviewAt, unusable }) => [
      identity.id,
      1,
      at,
      decided.policySet,
      reviewAt,
      unusable.length === 0 ? null : unusable,
    ],
  }
}

/** Identities that are made at this time. */
export function identityRows(made: Date): CopyTable<StoredIdentity> {
  const at = made.toISOString()
  return {
    table: 'identities',
    columns: [
      'id',
      'user_name',
      'user_name_key',
      'active',
      'attributes',
      'addresses',
      'sources',
      'inactive_from',
      'created_at',
      'changed_at',
    ],
    texts: { id: 'ours', created_at: 'ours', changed_at: 'ours' },
    valuesOf: (identity) => [
      identity.id,
      identity.userName,
      identity.userNameKey,
      identity.active,
      identity.attributes,
      keepAddresses(identity.addresses),
      arrayLiteral(identity.sources),
      identity.inactiveFrom,
      at,
      at,
    ],
  }
}

export async function updateIdentities(
  trx: Transaction,
  identities: readonly StoredIdentity[],
  at: Date,
): Promise<void> {
  if (identities.length === 0) return
  const [identity, ...others] = identities
  if (identity !== undefined && others.length === 0) return updateIdentity(trx, identity, at)
  await trx.raw(
    `update identities i set user_name = u."userName", user_name_key = u."userNameKey", active = u.active,
       attributes = u.attributes, addresses = u.addresses, sources = array(select jsonb_array_elements_text(u.sources)),
       inactive_from = u."inactiveFrom", left_at = u."leftAt", changed_at = ?
     from jsonb_to_recordset(?::jsonb) as u(id uuid, "userName" text, "userNameKey" text, active boolean,
       attributes jsonb, addresses jsonb, sources jsonb, "inactiveFrom" timestamptz, "leftAt" timestamptz)
     where i.id = u.id`,
    [at, identitiesAsJson(identities)],
  )
}

async function updateIdentity(trx: Transaction, identity: StoredIdentity, at: Date): Promise<void> {
  await runPrepared(
    trx,
    'update-identity',
    `update identities set user_name = ?, user_name_key = ?, active = ?, attributes = ?, addresses = ?, sources = ?,
       inactive_from = ?, left_at = ?, changed_at = ? where id = ?`,
    [
      identity.userName,
      identity.userNameKey,
      identity.active,
      JSON.stringify(identity.attributes),
      JSON.stringify(keepAddresses(identity.addresses)),
      [...identity.sources],
      identity.inactiveFrom,
      identity.leftAt,
      at,
      identity.id,
    ],
  )
}

/**
 * Makes identities due and moves their revision, so that no plan that was decided on the old state is applied
 * (architecture rule 15). Returns how many there were.
 */
export async function markDue(
  trx: Transaction,
  ids: readonly string[],
  due: { readonly at: Date; readonly reason: DueReason; readonly runId: string | null },
): Promise<number> {
  if (ids.length === 0) return 0
  const [id, ...others] = ids
  if (id !== undefined && others.length === 0) {
    const one = await runPrepared<{ rowCount: number }>(
      trx,
      'mark-due',
      `update identity_states set revision = revision + 1, due_at = ?, due_reason = ?, due_run = ? where identity_id = ?`,
      [due.at, due.reason, due.runId, id],
    )
    return one.rowCount
  }
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update identity_states set revision = revision + 1, due_at = ?, due_reason = ?, due_run = ?
     where identity_id in (select identity_id from identity_states where identity_id = any(?) order by identity_id for update)`,
    [due.at, due.reason, due.runId, [...ids]],
  )
  return rowCount
}

/** Moves revisions of identities whose locks are held and whose rights or enrollments were just written. */
export async function bumpRevisions(trx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await trx.raw('update identity_states set revision = revision + 1 where identity_id = any(?)', [[...ids]])
}

/** Makes the whole population due: a new policy set is in force. The set is part of the guard, so no revision moves. */
export async function markEverybodyDue(
  trx: Transaction,
  due: { readonly at: Date; readonly reason: DueReason; readonly runId: string | null },
): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    'update identity_states set due_at = ?, due_reason = ?, due_run = ?',
    [due.at, due.reason, due.runId],
  )
  return rowCount
}

function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map(quoteElement).join(',')}}`
}

function quoteElement(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}
