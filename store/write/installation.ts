import type { Transaction } from '../database.ts'

/**
 * Where this database stands (server, database and timeline), and where it stood when this was last called; null: this
 * is the first time. Processes that start at once come one after the other. A dump that is restored, a file system
 * that was brought back to an earlier point and a standby that took over stand elsewhere than what they came from.
 */
export async function movePlace(
  trx: Transaction,
): Promise<{ readonly place: string; readonly former: string | null }> {
  const { rows } = await trx.raw<{ rows: [{ place: string; former: string | null }] }>(
    `with held as (select one, place from installation for update),
     here as (
       select concat_ws('/', s.system_identifier, d.oid, c.timeline_id) as place
       from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database())
     update installation i set place = here.place from held, here where i.one = held.one
     returning here.place, held.place as former`,
  )
  return rows[0]
}
