import type { Transaction } from './database.ts'

/** Roles without login that accounts are made members of: who serves and works, and who only looks. */
const [runRole, readRole] = ['muster_run', 'muster_read'] as const

/** Rows are added and read, and never changed by whoever runs Muster. */
const appendOnly: readonly string[] = ['audit_events', 'audit_seals']

/** Read by whoever runs Muster and written by migrations alone. */
const ofMigrations: ReadonlySet<string> = new Set(['migrations', 'migrations_lock'])

/** Makes the two roles where they are missing. The account needs CREATEROLE. */
export async function createRoles(trx: Transaction): Promise<void> {
  // Roles are the cluster's, not the database's: another installation may have made them at this moment.
  await trx.raw(`do $$
    begin
      if to_regrole('${runRole}') is null then create role ${runRole} nologin; end if;
      if to_regrole('${readRole}') is null then create role ${readRole} nologin; end if;
    exception when duplicate_object or unique_violation then null;
    end $$`)
}

/**
 * Gives the roles, where they exist, what they need on the tables that are there, and takes what they do not. Called
 * after every migration, by the owner of the schema.
 */
export async function grantRoles(trx: Transaction): Promise<void> {
  const { rows } = await trx.raw<{ rows: { role: string }[] }>(
    'select rolname as role from pg_roles where rolname in (?, ?)',
    [runRole, readRole],
  )
  const known = new Set(rows.map(({ role }) => role))
  if (known.has(readRole)) await grantReading(trx)
  if (known.has(runRole)) await grantRunning(trx)
}

async function grantReading(trx: Transaction): Promise<void> {
  await trx.raw('grant usage on schema public to ??', [readRole])
  await trx.raw('revoke all on all tables in schema public from ??', [readRole])
  await trx.raw('grant select on all tables in schema public to ??', [readRole])
}

async function grantRunning(trx: Transaction): Promise<void> {
  const { rows } = await trx.raw<{ rows: { name: string; database: string }[] }>(
    `select c.relname as name, current_database() as database from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`,
  )
  await trx.raw('grant usage on schema public to ??', [runRole])
  await trx.raw('grant usage on all sequences in schema public to ??', [runRole])
  await trx.raw('grant execute on all functions in schema public to ??', [runRole])
  const [first] = rows
  // Bulk writes stage their rows in temporary tables.
  if (first !== undefined) await trx.raw('grant temporary on database ?? to ??', [first.database, runRole])
  await trx.raw('revoke all on all tables in schema public from ??', [runRole])
  for (const { name } of rows) await trx.raw(`grant ${rightsOn(name)} on table ?? to ??`, [name, runRole])
}

function rightsOn(table: string): string {
  if (ofMigrations.has(table)) return 'select'
  return appendOnly.includes(table) ? 'select, insert' : 'select, insert, update, delete'
}
