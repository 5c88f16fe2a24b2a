import type { Scope } from '../../domain/token.ts'
import type { Store } from '../../store/store.ts'
import { hashToken } from './hash-token.ts'

/** Whose token a request came with. */
export interface Caller {
  readonly tokenId: string
  /** The token's name: who acts, in audit events. */
  readonly name: string
  readonly scopes: readonly Scope[]
}

/** Long enough for every token, short enough to hash. */
const longest = 256

/** Who a bearer token is, or null where nobody: unknown, expired and revoked ones are all alike. */
export async function authenticateToken(store: Store, token: string): Promise<Caller | null> {
  if (token.length > longest) return null
  const found = await store.tokens.findLiveToken(store.database, hashToken(token))
  if (found === null) return null
  if (found.stale) await store.tokens.touchToken(store.database, found.id)
  return { tokenId: found.id, name: found.name, scopes: found.scopes }
}
