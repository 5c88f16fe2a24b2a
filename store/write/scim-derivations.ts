import type { ScimDocument } from '../../domain/scim-resource.ts'
import type { Transaction } from '../database.ts'

/**
 * Notes what shapes a connection's identities, and answers behind which user they are still to be composed anew; null:
 * they all are as this digest has it. Another digest than the last one begins at the first user.
 */
export async function beginDerivation(
  trx: Transaction,
  source: string,
  digest: string,
): Promise<string | null> {
  const { rows } = await trx.raw<{ rows: [{ derived_until: string | null }] }>(
    `insert into scim_connections as c (source, derived_with, derived_until) values (:source, :digest, :first)
     on conflict (source) do update set derived_with = excluded.derived_with,
       derived_until = case when c.derived_with = excluded.derived_with then c.derived_until else excluded.derived_until end
     returning derived_until`,
    { source, digest, first },
  )
  return rows[0].derived_until
}

const first = '00000000-0000-0000-0000-000000000000'

/** Says how far it came; null: to the end. Nothing where another digest came in between. */
export async function noteDerivation(
  trx: Transaction,
  source: string,
  digest: string,
  until: string | null,
): Promise<void> {
  await trx.raw('update scim_connections set derived_until = ? where source = ? and derived_with = ?', [
    until,
    source,
    digest,
  ])
}

/** The next users of a connection in id order, locked. */
export async function lockNextUsers(
  trx: Transaction,
  source: string,
  after: string,
  limit: number,
): Promise<readonly { readonly id: string; readonly document: ScimDocument }[]> {
  const { rows } = await trx.raw<{ rows: { id: string; document: ScimDocument }[] }>(
    `select id, document from scim_users where source = ? and id > ? order by id limit ? for no key update`,
    [source, after, limit],
  )
  return rows
}
