import { MusterError } from '../../domain/error.ts'
import type { Database } from '../database.ts'

/**
 * The records that a person may mean by an external id: the one that stands under it, and those of people whom a SCIM
 * client calls so (a client may give one name twice). Binds source, external id, source, external id.
 */
export const namedRecords = `select * from source_records where source = ? and external_id = ?
  union all select r.* from scim_users u join source_records r on r.source = u.source and r.external_id = u.id::text
    where u.source = ? and u.external_id = ?`

/** What to bind for `namedRecords`. */
export function bindRecordName(name: RecordName | null): readonly (string | null)[] {
  const { source, externalId } = name ?? { source: null, externalId: null }
  return [source, externalId, source, externalId]
}

interface RecordName {
  readonly source: string
  readonly externalId: string
}

/**
 * The external id under which a record that a person names stands. A name that leads nowhere is answered as it is:
 * whoever asks for it says so. `ambiguous-identity`, with the ids to choose from, where several people have it.
 */
export async function findRecord(database: Database, name: RecordName): Promise<string> {
  const { rows } = await database.raw<{ rows: { external_id: string }[] }>(
    `select external_id from (${namedRecords}) named order by external_id limit 11`,
    bindRecordName(name).map(String),
  )
  const [first, second] = rows.map((row) => row.external_id)
  if (second === undefined) return first ?? name.externalId
  const list = rows.map((row) => `${name.source}:${row.external_id}`).join(', ')
  throw new MusterError('ambiguous-identity', `Several records answer to that name; say which: ${list}.`)
}
