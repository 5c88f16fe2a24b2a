import type { LimitSettings } from '../../domain/limit-settings.ts'
import type { Transaction } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import type { CountedCode } from '../../store/write/typed-steps.ts'
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
 * A code was typed: its messages no longer count against the address, and speak for its prefix. A breaker whose probe
 * was sent closes. Call it last in the transaction that consumes the challenge.
 */
export async function noteTyped(trx: Transaction, store: Store, typed: TypedCode): Promise<void> {
  const probed = await store.limits.countTyped(trx, countedCodeOf(typed))
  if (probed.length > 0) await closeBreakers(trx, store, typed, probed)
}

/** What the store counts of a typed code. */
export function countedCodeOf(typed: TypedCode): CountedCode {
  const { settings, proven, sends, now } = typed
  return {
    rates: addressKeysOf(settings, typed),
    prefixes: settings.breaker.mode === 'off' ? [] : (prefixesOf(typed) ?? []),
    proven,
    messages: sends,
    now,
  }
}

/** Closes the breakers of these prefixes: the code of a probe was typed. */
export async function closeBreakers(
  trx: Transaction,
  store: Store,
  { proven, now }: TypedCode,
  probed: readonly string[],
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
