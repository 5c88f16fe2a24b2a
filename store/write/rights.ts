import type { RightEffect } from '../../domain/effect.ts'
import type { Right } from '../../domain/right.ts'
import type { CopyTable } from '../copy-text.ts'
import type { Database, Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

export interface StoredRight extends Right {
  readonly identityId: string
}

export async function readRights(
  database: Database,
  ids: readonly string[],
): Promise<readonly StoredRight[]> {
  const [id, ...others] = ids
  // One person's are read in every challenge: planned once a connection.
  const read =
    id !== undefined && others.length === 0
      ? runPrepared<{ rows: StoredRight[] }>(
          database,
          'rights-of-one',
          `${selectRights} where identity_id = ? order by factor`,
          [id],
        )
      : database.raw<{ rows: StoredRight[] }>(
          `${selectRights} where identity_id = any(?) order by identity_id, factor`,
          [[...ids]],
        )
  return (await read).rows
}

const selectRights =
  'select identity_id as "identityId", factor, effective, clients, origins, denials from rights'

/** Writes one right whole: a person's grant or denial. The caller holds the lock of the identity's state. */
export async function putRight(trx: Transaction, identityId: string, right: Right): Promise<void> {
  await putRights(trx, [{ ...right, identityId }])
}

/** Writes the rows after these effects. The caller holds the lock of every identity's state. */
export async function applyRightEffects(
  trx: Transaction,
  effects: readonly { readonly identityId: string; readonly effect: RightEffect }[],
): Promise<void> {
  await putRights(
    trx,
    effects.map(({ identityId, effect }) => ({ ...effect.after, identityId })),
  )
}

/** Writes rights whole. The caller holds the lock of every identity's state. */
export async function putRights(trx: Transaction, rows: readonly StoredRight[]): Promise<void> {
  if (rows.length === 0) return
  await trx.raw(
    `insert into rights (identity_id, factor, effective, clients, origins, denials)
     select "identityId", factor, effective, nullif(clients, 'null'::jsonb), origins, denials
     from jsonb_to_recordset(?::jsonb) as u("identityId" uuid, factor text, effective boolean, clients jsonb, origins jsonb, denials jsonb)
     on conflict (identity_id, factor) do update set effective = excluded.effective, clients = excluded.clients,
       origins = excluded.origins, denials = excluded.denials`,
    [JSON.stringify(rows)],
  )
}

/** A right of somebody. */
export interface RightOf {
  readonly identityId: string
  readonly right: Right
}

/** Reasons as JSON: everybody of one verdict shares the right, and so its texts. */
const writtenReasons = new WeakMap<Right, readonly [string | null, string, string]>()

/** Rights of identities that were not there before: nothing can be in their place. */
export const rightRows: CopyTable<RightOf> = {
  table: 'rights',
  columns: ['identity_id', 'factor', 'effective', 'clients', 'origins', 'denials'],
  texts: { identity_id: 'ours', factor: 'ours', clients: 'json', origins: 'json', denials: 'json' },
  valuesOf: ({ identityId, right }) => {
    let reasons = writtenReasons.get(right)
    if (reasons === undefined) {
      const clients = right.clients === null ? null : JSON.stringify(right.clients)
      reasons = [clients, JSON.stringify(right.origins), JSON.stringify(right.denials)]
      writtenReasons.set(right, reasons)
    }
    return [identityId, right.factor, right.effective, ...reasons]
  },
}
