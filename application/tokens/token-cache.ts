import type { Store } from '../../store/store.ts'
import { authenticateToken, type Caller } from './authenticate-token.ts'
import { hashToken } from './hash-token.ts'

/** Milliseconds for which a token is not looked up again where no revocation is heard: what one needs to be felt. */
const keptUnheard = 2000
/** Tokens kept at most; connections have a handful. */
const mostKept = 1000

/** Answers whose a bearer token is, as `authenticateToken` does, and remembers those that count for a while. */
export interface TokenCache {
  readonly authenticate: (token: string) => Promise<Caller | null>
  /** Forgets a token at once, by its id; null: all of them, as after a time in which no revocation was heard. */
  forget(tokenId: string | null): void
}

interface Kept {
  readonly caller: Promise<Caller | null>
  /** Milliseconds on the clock of `now`. */
  readonly until: number
  /** Null while it is looked up. */
  tokenId: string | null
}

/**
 * Remembers tokens by their hash. A server that is asked by one client all the time asks the database once and not
 * for every request; whoever comes while one is looked up waits for that answer. Tokens that count for nobody are not
 * kept. `keptFor` says for how many milliseconds, 0 for not at all; a token that ends by itself meanwhile counts until
 * then.
 */
export function cacheTokens(
  store: Store,
  now: () => number,
  keptFor: () => number = () => keptUnheard,
): TokenCache {
  const kept = new Map<string, Kept>()
  const lookUp = (key: string, token: string): Promise<Caller | null> => {
    const caller = authenticateToken(store, token)
    if (kept.size >= mostKept) kept.clear()
    const entry: Kept = { caller, until: now() + keptFor(), tokenId: null }
    kept.set(key, entry)
    const drop = () => {
      if (kept.get(key) === entry) kept.delete(key)
    }
    caller.then((one) => {
      if (one === null) drop()
      else entry.tokenId = one.tokenId
    }, drop)
    return caller
  }
  return {
    authenticate: (token) => {
      if (keptFor() === 0) return authenticateToken(store, token)
      const key = hashToken(token).toString('base64')
      const found = kept.get(key)
      return found !== undefined && found.until > now() ? found.caller : lookUp(key, token)
    },
    forget: (tokenId) => {
      // One that is still looked up may be the one that was revoked: its answer counts for who waits, and is not kept.
      for (const [key, entry] of kept)
        if (tokenId === null || entry.tokenId === null || entry.tokenId === tokenId) kept.delete(key)
    },
  }
}
