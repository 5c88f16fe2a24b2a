import type { Transaction } from '../database.ts'

/** Opens the breaker of a prefix. False where it is open already. */
export async function openBreaker(
  trx: Transaction,
  prefix: string,
  proven: boolean,
  breaker: { readonly mode: 'record' | 'enforce'; readonly openedAt: Date; readonly probeAt: Date },
): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `insert into breakers (prefix, proven, opened_at, mode, probe_at)
     values (:prefix, :proven, :openedAt, :mode, :probeAt) on conflict (prefix, proven) do nothing returning 1`,
    { prefix, proven, ...breaker },
  )
  return rows.length > 0
}

/**
 * Takes the probes that are due of these prefixes' breakers; the next ones are due at `next`. Answers how many it
 * got: of two senders at one time the second gets none.
 */
export async function takeProbes(
  trx: Transaction,
  prefixes: readonly string[],
  proven: boolean,
  now: Date,
  next: Date,
): Promise<number> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `with held as materialized (
       select prefix from breakers where prefix = any(cast(:prefixes as text[])) and proven = :proven order by prefix for update)
     update breakers b set probed_at = :now, probe_at = :next from held
     where b.prefix = held.prefix and b.proven = :proven and b.probe_at <= :now returning 1`,
    { prefixes, proven, now, next },
  )
  return rows.length
}

/**
 * Closes the breakers of these prefixes whose probe was sent, and forgets the conversions that opened them: they would
 * open them again at once. Answers the prefixes closed.
 */
export async function closeProbed(
  trx: Transaction,
  prefixes: readonly string[],
  proven: boolean,
): Promise<readonly string[]> {
  const { rows } = await trx.raw<{ rows: { prefix: string }[] }>(
    `delete from breakers where prefix = any(cast(:prefixes as text[])) and proven = :proven and probed_at is not null
     returning prefix`,
    { prefixes, proven },
  )
  const closed = rows.map(({ prefix }) => prefix)
  await trx.raw('delete from conversions where prefix = any(cast(:closed as text[])) and proven = :proven', {
    closed,
    proven,
  })
  return closed
}
