import type { Scope } from '../../domain/token.ts'
import type { Database, Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

/** A token as it is kept: its hash, never itself. */
export interface NewToken {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** SHA-256 of the token. */
  readonly hash: Buffer
  readonly createdAt: Date
  readonly createdBy: string
  readonly expiresAt: Date | null
}

/** What a request is let in by. */
export interface LiveToken {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** True where its last use was not written down for a minute. */
  readonly stale: boolean
}

export async function insertToken(trx: Transaction, token: NewToken): Promise<void> {
  await trx('tokens').insert({
    id: token.id,
    name: token.name,
    scopes: [...token.scopes],
    hash: token.hash,
    created_at: token.createdAt,
    created_by: token.createdBy,
    expires_at: token.expiresAt,
  })
}

/** Revokes a token that is not revoked yet, and tells every server that listens; answers whether there was one. */
export async function revokeToken(trx: Transaction, id: string, at: Date): Promise<boolean> {
  const revoked = await trx('tokens').where({ id }).whereNull('revoked_at').update({ revoked_at: at })
  if (revoked > 0) await trx.raw(`select pg_notify('muster_token_revoked', ?)`, [id])
  return revoked > 0
}

/** The token with this hash that counts now by the database's clock, or null. */
export async function findLiveToken(database: Database, hash: Buffer): Promise<LiveToken | null> {
  const { rows } = await runPrepared<{ rows: LiveToken[] }>(
    database,
    'find-live-token',
    `select id, name, scopes, last_used_at is null or last_used_at < now() - interval '1 minute' as stale
     from tokens where hash = ? and revoked_at is null and (expires_at is null or expires_at > now())`,
    [hash],
  )
  return rows[0] ?? null
}

/** Writes down that a token was used; once a minute is enough, so that requests do not wait for one row. */
export async function touchToken(database: Database, id: string): Promise<void> {
  await database.raw(
    `update tokens set last_used_at = now()
     where id = ? and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    [id],
  )
}
