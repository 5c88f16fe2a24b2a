import { createHash } from 'node:crypto'
import {
  type AuditFault,
  type AuditSeal,
  type AuditVerdict,
  beforeAllEvents,
  noSeal,
  type PinnedSeal,
} from '../../domain/audit-seal.ts'
import type { Store } from '../../store/store.ts'
import { compareBatch } from './compare-batch.ts'
import { hashSeal, hashSummary } from './seal-hash.ts'

export interface AuditLook {
  /** Only seals that hold events of this time or later, or were made since; null: the whole chain. */
  readonly since: Date | null
  /** The last seal that is looked at; left out: the newest. */
  readonly through?: number
  /** What the chain must hold. */
  readonly pins: readonly PinnedSeal[]
  /** Told of each fault when it is found. */
  readonly onFault: (fault: AuditFault) => Promise<void> | void
  readonly signal?: AbortSignal
}

/**
 * Computes the chain of seals again, from the events as they stand, and tells of every event or seal that is not as it
 * was sealed. Reads all that it looks at once, in pieces: memory stays flat. Hashes are made here and not in
 * PostgreSQL, so that its functions need not be trusted.
 */
export async function verifyAudit(store: Store, look: AuditLook): Promise<AuditVerdict> {
  const { database, seals } = store
  const first = look.since === null ? 1 : await seals.findSealSince(database, look.since)
  const walk = new ChainWalk(store, look)
  if (first !== null) await walk.walk(first)
  await walk.checkPins()
  const head = await seals.readHead(database)
  const { events: unsealed } = await seals.countBehind(database, head?.lastEvent ?? beforeAllEvents)
  return {
    ok: walk.faults === 0,
    seals: walk.seals,
    events: walk.events,
    unsealed,
    removed: walk.removed,
    head: head && { number: head.number, hash: head.hash, sealedAt: head.sealedAt.toISOString() },
  }
}

/** Faults of one seal that are told one by one; who inserted a million events is seen by the first of them. */
const mostFaults = 10_000

interface Batch {
  readonly number: number
  /** Numbers of events: behind this one, up to that one. */
  readonly after: number
  readonly upTo: number
  readonly marks: Buffer
}

interface Comparison {
  readonly faults: readonly { readonly kind: AuditFault['kind']; readonly event: string }[]
  readonly events: number
  readonly content: string
}

/** One walk along the chain, with what it has seen so far. */
class ChainWalk {
  faults = 0
  seals = 0
  events = 0
  removed = 0
  readonly #store: Store
  readonly #look: AuditLook
  /** Pins that no seal was seen for. */
  readonly #pins: Map<number, string>
  #before: Pick<AuditSeal, 'number' | 'hash' | 'lastEvent'> = {
    number: 0,
    hash: noSeal,
    lastEvent: beforeAllEvents,
  }

  constructor(store: Store, look: AuditLook) {
    this.#store = store
    this.#look = look
    this.#pins = new Map(look.pins.map(({ number, hash }) => [number, hash]))
  }

  async walk(first: number): Promise<void> {
    const { database, seals } = this.#store
    const { through = Number.POSITIVE_INFINITY, signal } = this.#look
    // The seal before the first one is read for what the first must follow.
    if (first > 1) this.#before = { number: first - 2, hash: '', lastEvent: beforeAllEvents }
    for await (const some of seals.readSeals(database, Math.max(1, first - 1))) {
      for (const seal of some) {
        signal?.throwIfAborted()
        if (seal.number > through) return
        if (seal.kind === 'summary') await this.#takeSummary(seal)
        else if (seal.number < first) this.#before = seal
        else await this.#takeBatch(seal)
      }
    }
  }

  /** Where the walk began later, seals before it are asked for one by one. */
  async checkPins(): Promise<void> {
    for (const [number, hash] of this.#pins) {
      const seal = await this.#store.seals.readSeal(this.#store.database, number)
      const holds = seal?.hash === hash && (seal.kind === 'summary' || hashSeal(seal) === hash)
      if (!holds) await this.#tell('pin-missing', number)
    }
  }

  async #takeSummary(seal: AuditSeal): Promise<void> {
    this.removed = seal.events
    const told = await this.#store.seals.readNewestRemoval(this.#store.database)
    if (told?.summary !== hashSummary(seal)) await this.#tell('summary-changed', seal.number)
    // Of what was removed nothing may be there.
    const none = { number: seal.number, after: beforeAllEvents, upTo: seal.lastEvent, marks: Buffer.alloc(0) }
    for (const { kind, event } of (await this.#compare(none)).faults)
      await this.#tell(kind, seal.number, event)
    this.#before = seal
  }

  async #takeBatch(seal: AuditSeal): Promise<void> {
    const { number } = seal
    this.seals += 1
    this.events += seal.events
    if (this.#pins.get(number) === seal.hash) this.#pins.delete(number)
    for (let missing = this.#before.number + 1; missing < number; missing += 1)
      await this.#tell('seal-missing', missing)
    const marks = await this.#store.seals.readMarks(this.#store.database, number)
    // Behind a gap nobody knows where the batch begins: what stands before it belongs to what is missing.
    const hasGap = number > this.#before.number + 1
    const after = hasGap ? seal.firstEvent - 1 : this.#before.lastEvent
    const found = await this.#compare({ number, after, upTo: seal.lastEvent, marks })
    const isWhole = found.content === seal.content && found.events === seal.events
    // Events that come to the sealed hash are as they were; then what was kept of each of them was changed.
    if (!isWhole) for (const { kind, event } of found.faults) await this.#tell(kind, number, event)
    const follows = hasGap || seal.previous === this.#before.hash
    const isSealed = follows && hashSeal(seal) === seal.hash && isWhole === (found.faults.length === 0)
    if (!isSealed) await this.#tell('seal-changed', number)
    this.#before = seal
  }

  async #compare({ after, upTo, marks }: Batch): Promise<Comparison> {
    const content = createHash('sha256')
    const comparing = compareBatch(marks)
    const faults: { kind: AuditFault['kind']; event: string }[] = []
    let events = 0
    for await (const rows of this.#store.seals.readSealedRows(this.#store.database, { after, upTo })) {
      for (const { id, text } of rows) {
        const hash = createHash('sha256').update(text).digest()
        content.update(hash)
        events += 1
        const kind = comparing.take(id, hash)
        if (kind !== null && faults.length < mostFaults) faults.push({ kind, event: id })
      }
    }
    for (const event of comparing.left()) faults.push({ kind: 'event-missing', event })
    return { faults, events, content: content.digest('hex') }
  }

  async #tell(kind: AuditFault['kind'], seal: number, event: string | null = null): Promise<void> {
    this.faults += 1
    await this.#look.onFault({ kind, seal, event })
  }
}
