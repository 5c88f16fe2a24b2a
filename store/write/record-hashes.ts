import type { PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Database } from '../database.ts'

/**
 * One known record in 49 characters and a line feed: 16 hex digits of md5(external id), 32 of the row's hash, and
 * `1` when the record is marked missing. Records that are linked to nobody are left out, so that every run tries
 * them again.
 */
const knownRecords = `
  copy (select substr(md5(external_id), 1, 16) || encode(hash, 'hex') || case when missing_since is null then '0' else '1' end
        from source_records where identity_id is not null and source = `

/** Calls `onRecord` for each known record of a source, streaming: memory does not grow with the source. */
export async function streamRecordHashes(
  database: Database,
  source: string,
  onRecord: (line: Buffer) => void,
): Promise<void> {
  const client = (await database.client.acquireConnection()) as PoolClient
  try {
    // COPY takes no bindings; the literal is quoted by the client library.
    const stream = client.query(copyTo(`${knownRecords}${client.escapeLiteral(source)}) to stdout`))
    let rest: Buffer = Buffer.alloc(0)
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (; start + knownRecordLength <= data.length; start += knownRecordLength) {
        onRecord(data.subarray(start, start + knownRecordLength))
      }
      rest = data.subarray(start)
    }
  } finally {
    await database.client.releaseConnection(client)
  }
}

/** 16 + 32 + 1 characters and the line feed. */
const knownRecordLength = 50
