import type { Client } from 'pg'
import { waitFor } from '../../e2e/muster-program.ts'

/** Writes of one account that stand still right before they are done. */
export type HeldWrites = 'audit' | 'sending'

/** Numbers that nothing else in the database locks. */
const locks: Readonly<Record<HeldWrites, number>> = { audit: 4712, sending: 4713 }

/**
 * Makes triggers by which the writes of one account can be held: `audit`, any write that leaves an audit event, before
 * the event; `sending`, the outcome of a message that the provider has taken. The connection is the holder's own.
 */
export async function prepareHolding(client: Client): Promise<void> {
  await client.query('create table held_accounts (name name primary key)')
  await client.query('grant select on held_accounts to public')
  for (const [what, event] of [
    ['audit', 'insert on audit_events for each row'],
    ['sending', "update on delivery_attempts for each row when (new.outcome = 'sent')"],
  ] as const) {
    await client.query(`
      create function hold_${what}() returns trigger language plpgsql as $$
      begin
        if exists (select from held_accounts where name = current_user) then
          perform pg_advisory_xact_lock_shared(${locks[what]});
        end if;
        return new;
      end $$;
      create trigger hold_${what} before ${event} execute function hold_${what}()`)
  }
}

/** Holds from now on what this account writes. */
export async function hold(client: Client, what: HeldWrites, account: string): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [locks[what]])
  await client.query('insert into held_accounts values ($1) on conflict do nothing', [account])
}

/** Waits until this account stands still there. */
export async function waitUntilHeld(client: Client, what: HeldWrites, account: string): Promise<void> {
  const sql = `select from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.objid = $1 and not l.granted and a.usename = $2`
  await waitFor(`${account} to stand still at ${what}`, async () => {
    return ((await client.query(sql, [locks[what], account])).rowCount ?? 0) > 0
  })
}

/** Lets everything go on. */
export async function releaseAll(client: Client): Promise<void> {
  await client.query('delete from held_accounts')
  for (const lock of Object.values(locks)) await client.query('select pg_advisory_unlock($1)', [lock])
}

/** Ends the connections of an account, as when its machine is gone: what was not committed never happens. */
export async function cutOff(client: Client, account: string): Promise<void> {
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [account])
  await waitFor(`the connections of ${account} to end`, async () => {
    return (await client.query('select from pg_stat_activity where usename = $1', [account])).rowCount === 0
  })
}
