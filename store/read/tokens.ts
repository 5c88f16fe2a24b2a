import type { Scope, TokenView } from '../../domain/token.ts'
import type { Database } from '../database.ts'
import { formatTimestamp } from './timestamp.ts'

interface TokenRow {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly created_at: Date
  readonly created_by: string
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
  readonly last_used_at: Date | null
}

/** Every token, newest first, revoked and expired ones included. */
export async function readTokens(database: Database): Promise<readonly TokenView[]> {
  const rows = await database('tokens')
    .orderBy('id', 'desc')
    .select<TokenRow[]>([
      'id',
      'name',
      'scopes',
      'created_at',
      'created_by',
      'expires_at',
      'revoked_at',
      'last_used_at',
    ])
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    createdAt: formatTimestamp(row.created_at),
    createdBy: row.created_by,
    expiresAt: formatTimestamp(row.expires_at),
    revokedAt: formatTimestamp(row.revoked_at),
    lastUsedAt: formatTimestamp(row.last_used_at),
  }))
}
