import { readFile } from 'node:fs/promises'
import type { Configuration, DatabaseConfiguration } from '../../config/configuration.ts'
import { MusterError } from '../../domain/error.ts'
import { type Database, type DatabaseTls, openDatabase } from '../../store/database.ts'

/**
 * Opens the pool of a production process. When the URL or the client's key is renewed, connections follow, with the
 * certificates as they are then. Throws `configuration` where the configuration names no database.
 */
export function openProductionDatabase(
  { database, file }: Pick<Configuration, 'database' | 'file'>,
  options: { readonly poolSize?: number; readonly applicationName: string },
): Database {
  if (database === null) throw new MusterError('configuration', `${file} names no database.`)
  return openDatabase({
    url: {
      version: () => `${database.url.reveal()}\n${database.tls.client?.key.reveal() ?? ''}`,
      read: async () => ({ url: database.url.reveal(), tls: await readTls(database.tls) }),
    },
    poolSize: options.poolSize ?? database.poolSize,
    applicationName: options.applicationName,
  })
}

async function readTls({ mode, ca, client }: DatabaseConfiguration['tls']): Promise<DatabaseTls | null> {
  if (mode === 'disable') return null
  return {
    mode,
    ca: ca === null ? null : await readFile(ca, 'utf8'),
    client:
      client === null
        ? null
        : { certificate: await readFile(client.certificate, 'utf8'), key: client.key.reveal() },
  }
}
