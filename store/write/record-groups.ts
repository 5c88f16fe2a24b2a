import type { Database } from '../database.ts'

/** The groups that are stored of a record. */
export interface RecordGroups {
  readonly externalId: string
  readonly groups: readonly string[] | null
}

/** The next records of a source after one of them (`''`: from the first) whose person is there, in a fixed order. */
export async function readRecordGroups(
  database: Database,
  source: string,
  after: string,
  limit: number,
): Promise<readonly RecordGroups[]> {
  const { rows } = await database.raw<{ rows: RecordGroups[] }>(
    `select external_id as "externalId", groups from source_records
     where source = ? and external_id > ? and missing_since is null and deleted_at is null
     order by external_id limit ?`,
    [source, after, limit],
  )
  return rows
}
