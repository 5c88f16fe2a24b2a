import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { UnusableReason, UnusableValue } from '../domain/address.ts'
import { type CorrelationKey, correlationKeys } from '../domain/correlate.ts'
import type { Decision } from '../domain/decision.ts'
import type { Effect } from '../domain/effect.ts'
import { FreshPlanner } from '../domain/plan-fresh.ts'
import type { SourceRow } from '../domain/source-row.ts'
import type { CopyMemory } from '../store/copy-text.ts'
import type { BirthTexts, BornPerson, OperationCounts } from '../store/write/births.ts'
import type { StoredIdentity } from '../store/write/identities.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import { composeIdentity } from './compose-identity.ts'
import type { Decider } from './decider.ts'
import { correlationNames } from './derivation.ts'
import { factsOf, planApplied } from './drain-due.ts'
import { type HashedRow, linkOfCreated, recordOf } from './link-rows.ts'
import type { MergeWorld } from './merge-rows.ts'

/** What the policies in force make of somebody who is not there yet: written down, and counted. */
export interface Birth extends BornPerson {
  readonly externalId: string
  /** By which others could be the same person. */
  readonly keys: readonly CorrelationKey[]
  readonly unusable: ReadonlyMap<UnusableReason, number>
}

/** Rows between two turns of the event loop, a millisecond: what PostgreSQL waits for goes out meanwhile. */
const rowsInTurn = 20

type BirthWorld = Pick<MergeWorld, 'store' | 'clock' | 'newId' | 'derivation'>

/**
 * The people whom new rows make, should each turn out to be a person of its own: composed, decided and planned as their
 * rows are read, and written down, before any lock is taken. PostgreSQL works on the batch before meanwhile, what is
 * decided here need be neither marked due, nor read back, and no row has to be kept until its transaction. One policy
 * set decides them all, as at one instant.
 */
export class PreparedBirths {
  readonly policySet: string
  /** By external id. */
  readonly births = new Map<string, Birth>()
  readonly texts: BirthTexts
  readonly #world: BirthWorld
  readonly #decider: Decider
  readonly #request: { readonly source: string; readonly runId: string }
  readonly #at: Date
  readonly #planner: FreshPlanner
  readonly #counts = new BirthCounts()
  readonly #names: readonly string[]

  constructor(
    world: BirthWorld,
    decider: Decider,
    request: { readonly source: string; readonly runId: string },
    memory: CopyMemory,
  ) {
    this.#world = world
    this.#decider = decider
    this.#request = request
    this.policySet = decider.policySet
    this.#at = world.clock()
    this.#planner = new FreshPlanner(this.#at.toISOString())
    this.#names = correlationNames(world.derivation)
    const { policySet } = decider
    this.texts = world.store.births.openBirthTexts({ at: this.#at, policySet, runId: request.runId }, memory)
  }

  get size(): number {
    return this.births.size
  }

  /** Prepares the people of these rows; answers the rows that make nobody. */
  async add(rows: readonly HashedRow[]): Promise<readonly HashedRow[]> {
    const others: HashedRow[] = []
    for (let start = 0; start < rows.length; start += rowsInTurn) {
      await this.#prepare(rows.slice(start, start + rowsInTurn), others)
      await yieldToOthers()
    }
    return others
  }

  /** The rows of these, as they were given. */
  rowsOf(births: Iterable<Birth>): readonly HashedRow[] {
    return Array.from(births, ({ place }) => {
      const { hash, ...row } = this.texts.recordOf(place)
      return { row, hash }
    })
  }

  async #prepare(rows: readonly HashedRow[], others: HashedRow[]): Promise<void> {
    const composed: { readonly hashed: HashedRow; readonly identity: StoredIdentity }[] = []
    for (const hashed of rows) {
      const identity = this.#compose(hashed.row)
      if (identity === null) others.push(hashed)
      else composed.push({ hashed, identity })
    }
    const decisions = await this.#decider.decideBatch(
      composed.map(({ identity }) => factsOf(identity)),
      this.#at,
    )
    for (const [index, { hashed, identity }] of composed.entries()) {
      const decision = decisions[index]
      if (decision === undefined) others.push(hashed)
      else this.#write(hashed, identity, decision)
    }
  }

  #compose({ active, inactiveFrom, attributes, groups, country }: SourceRow): StoredIdentity | null {
    const { source } = this.#request
    const record = { source, active, inactiveFrom, attributes, groups, country, deletedAt: null }
    return composeIdentity(this.#world.newId(), [record], this.#world.derivation, this.#at)
  }

  #write(hashed: HashedRow, identity: StoredIdentity, decision: Decision): void {
    const { newId } = this.#world
    const { source, runId } = this.#request
    const { adding, reviewAt, overLimit } = this.#planner.plan({ identity, decision, newId })
    const unusable = overLimit.length === 0 ? decision.unusable : [...decision.unusable, ...overLimit]
    const batch = { runId, policySet: this.policySet, now: this.#at }
    const event =
      adding.length === 0 ? null : planApplied({ identityId: identity.id, effects: adding }, batch)
    const { externalId, attributes } = hashed.row
    const keys = correlationKeys(attributes, this.#names)
    const place = this.texts.add({
      record: recordOf(hashed, { source, existing: nobody, newId }, linkOfCreated(identity.id)),
      keys: keys.map(({ name, key }) => ({ name, key, source, externalId, identityId: identity.id })),
      identity,
      effects: adding,
      reviewAt,
      unusable,
      event,
    })
    const { operations, unusable: reasons } = this.#counts.of(adding, unusable)
    this.births.set(externalId, { externalId, place, keys, operations, unusable: reasons })
  }
}

const nobody: ReadonlyMap<string, StoredRecord> = new Map()

type Counts = Pick<Birth, 'operations' | 'unusable'>

/** Most people have the same counts as somebody before them: these are kept once. */
class BirthCounts {
  readonly #known = new Map<string, Counts>()

  of(effects: readonly Effect[], unusable: readonly UnusableValue[]): Counts {
    let key = ''
    for (const { op } of effects) key += `${op} `
    for (const { reason } of unusable) key += `${reason} `
    let counts = this.#known.get(key)
    if (counts === undefined) {
      counts = {
        operations: countsOf(effects.map(({ op }) => op)) satisfies OperationCounts,
        unusable: countsOf(unusable.map(({ reason }) => reason)),
      }
      this.#known.set(key, counts)
    }
    return counts
  }
}

function countsOf<Name>(names: readonly Name[]): ReadonlyMap<Name, number> {
  const counts = new Map<Name, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
