import type { LimitSettings } from '../../domain/limit-settings.ts'
import type { Transaction } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import type { CountedCodes, WatchedPrefix } from '../../store/write/limits.ts'
import { prefixesOf } from './address-limits.ts'
import { addressKeysOf, type CountedAddress } from './rate-keys.ts'

/** A code that was typed. */
export interface TypedCode extends CountedAddress {
  /** As it was when the messages were sent: whatever this code proves comes later. */
  readonly proven: boolean
  /** Messages that carried the code. */
  readonly sends: number
  readonly now: Date
  readonly settings: LimitSettings
}

/**
 * Codes were typed: their messages no longer count against the addresses, and speak for their prefixes. A breaker
 * whose probe was sent closes. Call it last in its transaction.
 */
export async function noteTyped(trx: Transaction, store: Store, codes: readonly TypedCode[]): Promise<void> {
  const probed = await store.limits.countTyped(trx, addUp(codes))
  const [first] = codes
  if (first === undefined || probed.length === 0) return
  for (const proven of [true, false]) {
    const prefixes = probed.filter((one) => one.proven === proven).map(({ prefix }) => prefix)
    if (prefixes.length > 0) await closeBreakers(trx, store, proven, prefixes, first.now)
  }
}

function addUp(codes: readonly TypedCode[]): CountedCodes {
  const givenBack = new Map<string, number>()
  const converted = new Map<string, WatchedPrefix & { readonly messages: number }>()
  for (const { settings, proven, sends, ...address } of codes) {
    for (const { key, step } of addressKeysOf(settings, { ...address, proven })) {
      givenBack.set(key, (givenBack.get(key) ?? 0) + step * sends)
    }
    for (const prefix of settings.breaker.mode === 'off' ? [] : (prefixesOf(address) ?? [])) {
      const name = `${proven} ${prefix}`
      converted.set(name, { prefix, proven, messages: (converted.get(name)?.messages ?? 0) + sends })
    }
  }
  return { givenBack, converted: [...converted.values()], now: codes[0]?.now ?? new Date(0) }
}

/** Closes the breakers of these prefixes: the code of a probe was typed. */
async function closeBreakers(
  trx: Transaction,
  store: Store,
  proven: boolean,
  probed: readonly string[],
  now: Date,
): Promise<void> {
  const closed = await store.breakers.closeProbed(trx, probed, proven)
  await store.audit.insertAuditEvents(
    trx,
    closed.map((prefix) => ({
      at: now,
      action: 'breaker-closed',
      actor: { kind: 'system', id: 'send-limits' },
      identityId: null,
      runId: null,
      policySet: null,
      effects: null,
      reason: 'The code of a probe was typed.',
      detail: { prefix, proven },
    })),
  )
}
