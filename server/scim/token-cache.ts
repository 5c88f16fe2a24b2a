import { authenticateToken, type Caller } from '../../application/tokens/authenticate-token.ts'
import { hashToken } from '../../application/tokens/hash-token.ts'
import type { Store } from '../../store/store.ts'

/** Milliseconds for which a token is not looked up again: what a revocation needs at most to be felt here. */
const keptFor = 2000
/** Tokens kept at most; connections have a handful. */
const mostKept = 1000

/**
 * Answers whose a bearer token is, as `authenticateToken` does, and remembers those that count for two seconds, by
 * their hash. A provider that is filled by one client asks the database once and not for every request; a revoked
 * token is refused at the latest two seconds later (docs/security.md). Tokens that count for nobody are not kept.
 */
export function cacheTokens(store: Store, now: () => number): (token: string) => Promise<Caller | null> {
  const kept = new Map<string, { readonly caller: Promise<Caller | null>; readonly until: number }>()
  return (token) => {
    const key = hashToken(token).toString('base64')
    const found = kept.get(key)
    if (found !== undefined && found.until > now()) return found.caller
    const caller = authenticateToken(store, token)
    if (kept.size >= mostKept) kept.clear()
    const entry = { caller, until: now() + keptFor }
    kept.set(key, entry)
    const forget = () => {
      if (kept.get(key) === entry) kept.delete(key)
    }
    caller.then((one) => {
      if (one === null) forget()
    }, forget)
    return caller
  }
}
