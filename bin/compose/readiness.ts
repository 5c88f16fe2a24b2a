import type { Client } from '@temporalio/client'
import { settleRestore } from '../../application/settle-restore.ts'
import type { Clock } from '../../domain/clock.ts'
import { MusterError } from '../../domain/error.ts'
import type { ReadinessCheck } from '../../server/health.ts'
import { type Database, pendingMigrations } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import { type Patience, tryPatiently } from './patience.ts'

/** What a process needs before it can work; `client` is null while Temporal was never reached. */
export function listChecks(database: Database, client: () => Client | null): readonly ReadinessCheck[] {
  return [
    { name: 'database', check: () => database.raw('select 1').then(() => null) },
    { name: 'migrations', check: () => describePending(database) },
    {
      name: 'temporal',
      check: async () => {
        const reached = client()
        if (reached === null) return 'It was not reached yet.'
        await reached.workflowService.getSystemInfo({})
        return null
      },
    },
  ]
}

/** Waits until PostgreSQL answers and its schema is of this build: another's work is not touched before. */
export async function waitForSchema(database: Database, patience: Patience): Promise<void> {
  const ask = () => database.raw('select 1')
  await tryPatiently('PostgreSQL does not answer yet', ask, patience)
  const look = async () => {
    const pending = await describePending(database)
    if (pending !== null) throw new MusterError('database-unavailable', pending, { retryable: true })
  }
  await tryPatiently('The schema of the database is not of this build', look, patience)
}

/** Ends what a restored copy must not do again. Called before anything is sent or started. */
export async function settleCopy(store: Store, clock: Clock, patience: Patience): Promise<void> {
  const settle = () => settleRestore({ store, clock })
  const ended = await tryPatiently('PostgreSQL does not answer yet', settle, patience)
  if (ended === null) return
  patience.log.warn(
    { count: ended },
    'The database stands elsewhere than before, as a restored one does; messages that were being sent are not sent again.',
  )
}

async function describePending(database: Database): Promise<string | null> {
  const pending = await pendingMigrations(database)
  return pending.length === 0 ? null : `Not applied: ${pending.join(', ')}. Run "muster migrate".`
}
