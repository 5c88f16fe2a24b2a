import { setTimeout as delay } from 'node:timers/promises'
import { beforeAllEvents, noSeal } from '../../domain/audit-seal.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Store } from '../../store/store.ts'
import { hashSeal } from './seal-hash.ts'

export interface SealWorld {
  readonly store: Store
  readonly clock: Clock
}

/** What one sealing did. */
export interface Sealing {
  readonly seals: number
  readonly events: number
  /** False: somebody was still writing what could come before it; the rest is sealed the next time. */
  readonly whole: boolean
}

/** Events in one seal: what one fault makes somebody look at, and what is kept in memory. */
const batchSize = 10_000

/** Milliseconds between two looks whether writers have ended. */
const lookEvery = 200

/**
 * Seals every audit event that was committed when it was called, waiting up to `patience` milliseconds for
 * transactions that write events at that moment; at most so many seals are made. May run anywhere, any number of times:
 * one at a time does the work.
 */
export async function sealAudit(
  world: SealWorld,
  patience: number,
  most = Number.POSITIVE_INFINITY,
): Promise<Sealing> {
  const { store } = world
  const upTo = await settle(store, patience)
  let [seals, events] = [0, 0]
  while (upTo !== null && seals < most) {
    const sealed = await store.transaction((trx) => sealBatch(trx, world, upTo))
    if (sealed === 0) break
    seals += 1
    events += sealed
  }
  return { seals, events, whole: upTo !== null && seals < most }
}

/** The number up to which nothing can appear any more; null: not within the time. */
async function settle(store: Store, patience: number): Promise<number | null> {
  const look = store.horizon.openAuditHorizon(store.database)
  const end = performance.now() + patience
  for (;;) {
    const upTo = await look()
    if (upTo !== null || performance.now() > end) return upTo
    await delay(lookEvery)
  }
}

/** Answers how many events the seal holds; 0 where there was nothing to do, or somebody else does it. */
async function sealBatch(
  trx: Parameters<Store['seals']['insertSeal']>[0],
  { store, clock }: SealWorld,
  upTo: number,
): Promise<number> {
  if (!(await store.seals.tryLockChain(trx))) return 0
  const head = await store.seals.readHead(trx)
  const range = { after: head?.lastEvent ?? beforeAllEvents, upTo, size: batchSize }
  const digest = await store.seals.digestBatch(trx, range)
  if (digest === null) return 0
  const { marks, ...batch } = digest
  const said = {
    ...batch,
    kind: 'batch',
    number: (head?.number ?? 0) + 1,
    previous: head?.hash ?? noSeal,
    sealedAt: clock(),
  } as const
  await store.seals.insertSeal(trx, { ...said, hash: hashSeal(said) }, marks)
  return batch.events
}
