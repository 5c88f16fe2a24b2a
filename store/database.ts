import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import knex, { type Knex } from 'knex'
import { MusterError } from '../domain/error.ts'
import { migrations } from './migrations/index.ts'
import { createRoles, grantRoles } from './roles.ts'

export type Database = Knex
export type Transaction = Knex.Transaction

/** Whom a connection trusts, and who it is. PEM texts. */
export interface DatabaseTls {
  /** `verify-ca`: any host of a trusted authority; `verify-full`: the host of the URL alone. */
  readonly mode: 'verify-ca' | 'verify-full'
  /** Null: the authorities that Node knows. */
  readonly ca: string | null
  readonly client: { readonly certificate: string; readonly key: string } | null
}

export interface DatabaseAddress {
  /** `postgres://user:password@host:port/database`; its own parameters of TLS count for nothing. */
  readonly url: string
  /** Null: clear text. */
  readonly tls: DatabaseTls | null
}

/** An address that may change while the pool is open: connections of a former one are used no more. */
export interface ChangingAddress {
  /** Another text where the address has changed. Called for each use of a connection. */
  readonly version: () => string
  readonly read: () => Promise<DatabaseAddress>
}

export interface DatabaseOptions {
  /** A URL for clear text; or an address that may change, as a password does. */
  readonly url: string | ChangingAddress
  /** Connections kept at most. More than 10 gains nothing on one PostgreSQL (store measurements). */
  readonly poolSize: number
  /** Milliseconds after which a statement is cancelled by the server, or 0 for none. */
  readonly statementTimeout?: number
  /** Name shown in pg_stat_activity. */
  readonly applicationName?: string
}

/** knex would print to standard output, which belongs to answers; what it has to say, the call throws as well. */
const silence = {
  warn: () => undefined,
  error: () => undefined,
  deprecate: () => undefined,
  debug: () => undefined,
}

/** Opens the pool. Connects lazily; the caller closes it with `destroy()`. */
export function openDatabase(options: DatabaseOptions): Database {
  return knex({
    client: 'pg',
    connection: connectionOf(options),
    pool: { min: 0, max: options.poolSize },
    acquireConnectionTimeout: 30_000,
    // knex would write every bound value, addresses and names among them, into the message of a fault.
    compileSqlOnError: false,
    log: silence,
  })
}

function connectionOf(options: DatabaseOptions): Knex.PgConnectionConfig | Knex.ConnectionConfigProvider {
  const settings = {
    application_name: options.applicationName ?? 'muster',
    statement_timeout: options.statementTimeout ?? 0,
    connectionTimeoutMillis: 10_000,
  }
  const { url } = options
  if (typeof url === 'string') return { ...settings, connectionString: url }
  return async () => {
    const version = url.version()
    const { url: current, tls } = await url.read()
    const plain = withoutTlsParameters(current)
    const connection = {
      ...settings,
      connectionString: plain,
      ssl: tls === null ? false : tlsOptions(plain, tls),
    }
    return { ...connection, expirationChecker: () => url.version() !== version }
  }
}

/** The driver reads sslmode its own way, and what it reads would win. */
function withoutTlsParameters(url: string): string {
  const stripped = new URL(url)
  for (const name of [...stripped.searchParams.keys()].filter((each) => each.startsWith('ssl')))
    stripped.searchParams.delete(name)
  return stripped.href
}

function tlsOptions(url: string, { mode, ca, client }: DatabaseTls) {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return {
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca }),
    ...(client === null ? {} : { cert: client.certificate, key: client.key }),
    // The driver names no host where it is an address, and Node would then look for "localhost".
    checkServerIdentity: (_: string, certificate: PeerCertificate) =>
      mode === 'verify-ca' ? undefined : checkServerIdentity(host, certificate),
  }
}

interface MigrateOptions {
  /** Makes the roles for whoever runs and reads, where they are missing. */
  readonly roles?: boolean
}

/**
 * Brings the schema up to date in one transaction: all steps or none. Safe to start twice at once: an advisory lock
 * makes the second wait and find nothing to do. The roles get their rights on what is new. Returns the names of the
 * steps that ran.
 */
export async function migrate(
  database: Database,
  { roles = false }: MigrateOptions = {},
): Promise<readonly string[]> {
  const source: Knex.MigrationSource<(typeof migrations)[number]> = {
    getMigrations: async () => [...migrations],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => ({
      up: async (trx: Knex) => {
        await trx.raw(migration.up).catch((cause: unknown) => {
          throw explainStep(migration.name, cause)
        })
      },
      down: async () => {
        throw new Error('Migrations go forward only; restore a backup instead.')
      },
    }),
  }
  // knex's own lock row survives a killed process and then blocks for ever; an advisory lock dies with it.
  return database.transaction(async (lock) => {
    await lock.raw('select pg_advisory_xact_lock(7238216001)')
    const [, names] = (await lock.migrate.latest({
      migrationSource: source,
      tableName: 'migrations',
      disableMigrationsListValidation: true,
    })) as [number, string[]]
    if (roles) await createRoles(lock)
    await grantRoles(lock)
    return names
  })
}

/** knex puts the whole step before the words of the database. */
function explainStep(name: string, cause: unknown): MusterError {
  const words = cause instanceof Error ? cause.message.split(' - ').at(-1) : 'unknown'
  return new MusterError('internal', `The step ${name} failed, and nothing was changed: ${words}.`, { cause })
}

/** Names of steps that this build knows and the database lacks; empty when the schema is up to date. */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  if (!(await database.schema.hasTable('migrations'))) return migrations.map((migration) => migration.name)
  const done = new Set<string>(await database('migrations').pluck('name'))
  return migrations.map((migration) => migration.name).filter((name) => !done.has(name))
}
