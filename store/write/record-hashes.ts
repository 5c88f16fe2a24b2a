import type { PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Database } from '../database.ts'

/**
 * One known record in 41 bytes: 8 of md5(external id), 16 of the row's hash, 16 of its fingerprint (zeros where there
 * is none), and 1 when the record is marked missing. Records that are linked to nobody, or that their source deleted,
 * are left out, so that every run tries them again.
 */
const knownRecords = `
  select substring(decode(md5(external_id), 'hex') for 8) || hash
    || coalesce(fingerprint, decode('00000000000000000000000000000000', 'hex'))
    || case when missing_since is null then '\\x00'::bytea else '\\x01'::bytea end as record
  from source_records where identity_id is not null and deleted_at is null and source = `

/** The header of COPY's binary format without options, and what each row of one column begins with. */
const headerLength = 19
const rowPrefixLength = 6
const recordLength = 41
/** What a file ends with: a field count of -1. */
const trailerLength = 2

/** How many records a source is likely to have: as many as its last proved read met; 0 where none is kept. */
export async function expectRecords(database: Database, source: string): Promise<number> {
  const { rows } = await database.raw<{ rows: { entries: number | null }[] }>(
    `select cast(r.read ->> 'entries' as integer) as entries
     from sources s join runs r on r.id = s.last_proved_run where s.name = ?`,
    [source],
  )
  return rows[0]?.entries ?? 0
}

/** Calls `onRecord` for each known record of a source, streaming: memory does not grow with the source. */
export async function streamRecordHashes(
  database: Database,
  source: string,
  onRecord: (record: Buffer) => void,
): Promise<void> {
  const client = (await database.client.acquireConnection()) as PoolClient
  try {
    // COPY takes no bindings; the literal is quoted by the client library.
    const stream = client.query(
      copyTo(`copy (${knownRecords}${client.escapeLiteral(source)}) to stdout (format binary)`),
    )
    let rest: Buffer = Buffer.alloc(0)
    let skip = headerLength
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      if (skip > 0 && data.length >= skip) {
        start = skip
        skip = 0
      }
      if (skip === 0) {
        for (; start + rowPrefixLength + recordLength <= data.length; start += rowPrefixLength + recordLength)
          onRecord(data.subarray(start + rowPrefixLength, start + rowPrefixLength + recordLength))
      }
      rest = data.subarray(start)
    }
    if (rest.length !== trailerLength) throw new Error('The known records were not read to their end.')
  } finally {
    await database.client.releaseConnection(client)
  }
}

/** The same for the records of these external ids alone. */
export async function readRecordHashes(
  database: Database,
  source: string,
  externalIds: readonly string[],
): Promise<readonly Buffer[]> {
  const { rows } = await database.raw<{ rows: { record: Buffer }[] }>(
    `${knownRecords}? and external_id = any(?)`,
    [source, [...externalIds]],
  )
  return rows.map(({ record }) => record)
}
