import { cacheTokens, type TokenCache } from '../../application/tokens/token-cache.ts'
import { listenForRevocations } from '../../store/revocations.ts'
import type { Store } from '../../store/store.ts'

/** Milliseconds for which a token is not looked up again while its revocation would be heard. */
const keptHeard = 5000

/** The tokens of one server, looked up once in five seconds; a revocation by any process counts at once. */
export function openTokens(store: Store): TokenCache & { close(): Promise<void> } {
  const listener = listenForRevocations(store.database, (tokenId) => cache.forget(tokenId))
  const cache = cacheTokens(
    store,
    () => performance.now(),
    () => (listener.isListening ? keptHeard : 0),
  )
  return { ...cache, close: () => listener.close() }
}
