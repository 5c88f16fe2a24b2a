import { Client } from 'pg'
import { type Place, readStack } from './muster-program.ts'

/** What a reconciliation of unchanged sources must leave as it is: every row's version, and how many events. */
export interface Tables {
  readonly rights: readonly string[]
  readonly enrollments: readonly string[]
  readonly identities: readonly string[]
  readonly auditEvents: number
}

/** Asks the PostgreSQL of the stack that is ready, by the way that `run.json` names. */
export async function ask<Row>(place: Place, sql: string): Promise<readonly Row[]> {
  const client = new Client({ connectionString: readStack(place)?.postgres })
  await client.connect()
  try {
    return (await client.query(sql)).rows as Row[]
  } finally {
    await client.end()
  }
}

export async function readTables(place: Place): Promise<Tables> {
  const versions = async (table: string, key: string) =>
    (
      await ask<{ version: string }>(
        place,
        `select concat_ws(' ', xmin, ${key}) as version from ${table} order by ${key}`,
      )
    ).map(({ version }) => version)
  // Every start makes a token of its own for the line that it prints to paste.
  const [events] = await ask<{ count: number }>(
    place,
    "select count(*)::int as count from audit_events where action not like 'token-%'",
  )
  return {
    rights: await versions('rights', 'identity_id, factor'),
    enrollments: await versions('enrollments', 'id'),
    identities: await versions('identities', 'id'),
    auditEvents: events?.count ?? 0,
  }
}
