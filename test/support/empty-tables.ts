import type { Database } from '../../store/database.ts'

/**
 * Empties tables between tests, and whatever refers to them. Audit events are never removed but with the triggers off,
 * which only a superuser may ask for.
 */
export async function emptyTables(database: Database, tables: readonly string[]): Promise<void> {
  await database.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = 'replica'")
    await trx.raw(`truncate ${tables.map(() => '??').join(', ')} cascade`, [...tables])
  })
}

/** What pushes write. */
export const tablesOfPushes: readonly string[] = [
  'scim_users',
  'scim_groups',
  'scim_members',
  'scim_nested_groups',
  'scim_addresses',
  'source_records',
  'correlation_keys',
  'correlation_overrides',
  'identities',
  'identity_states',
  'audit_events',
]

/** What runs write, with the messages that come of them. */
export const tablesOfRuns: readonly string[] = [
  'source_records',
  'correlation_keys',
  'correlation_overrides',
  'identities',
  'identity_states',
  'rights',
  'enrollments',
  'runs',
  'parked_effects',
  'audit_events',
  'deliveries',
]
