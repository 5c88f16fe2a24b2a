import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'

/** A run that stands still in the middle of a transaction, for as long as the test needs to break something. */
export interface Standstill {
  /** Waits until the run has come to the place. */
  reached(): Promise<void>
  /** Lets it go on. Where the server was killed, its end has let it go already. */
  release(): Promise<void>
}

const LOOK_EVERY_MS = 20
const REACHED_WITHIN_MS = 60_000
/** Any number that nothing else in the database locks. */
const LOCK = 4711

/**
 * Makes the next write to a run's row wait where `condition` holds for the row as it becomes (`new`): the work that is
 * counted there is done but not committed. A trigger takes a lock that this connection holds.
 */
export async function holdRunAt(url: string, condition: string): Promise<Standstill> {
  const client = new Client({ connectionString: url })
  // The server is killed under it: that is the test.
  client.on('error', () => undefined)
  await client.connect()
  await client.query('select pg_advisory_lock($1)', [LOCK])
  await client.query(`
    create or replace function stand_still() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${LOCK});
      return new;
    end $$;
    create or replace trigger stand_still before update on runs for each row
      when (${condition}) execute function stand_still()`)
  return {
    reached: async () => {
      const deadline = performance.now() + REACHED_WITHIN_MS
      while (!(await isSomebodyWaiting(client))) {
        if (performance.now() > deadline) throw new Error(`No run came to where ${condition}.`)
        await delay(LOOK_EVERY_MS)
      }
    },
    release: async () => {
      await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined)
      await client.end()
    },
  }
}

async function isSomebodyWaiting(client: Client): Promise<boolean> {
  const sql = `select from pg_locks where locktype = 'advisory' and objid = $1 and not granted`
  return ((await client.query(sql, [LOCK])).rowCount ?? 0) > 0
}
