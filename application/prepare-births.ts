import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { UnusableReason, UnusableValue } from '../domain/address.ts'
import { type CorrelationKey, correlationKeys } from '../domain/correlate.ts'
import type { Effect } from '../domain/effect.ts'
import { FreshPlanner } from '../domain/plan-fresh.ts'
import type { BirthTexts, BornPerson, OperationCounts } from '../store/write/births.ts'
import { composeIdentity } from './compose-identity.ts'
import type { DeciderInForce } from './decider.ts'
import { correlationNames } from './derivation.ts'
import { factsOf, planApplied } from './drain-due.ts'
import { type HashedRow, linkOfCreated, recordOf } from './link-rows.ts'
import type { MergeWorld } from './merge-rows.ts'

/** What the policies in force make of somebody who is not there yet: written down, and counted. */
export interface Birth extends BornPerson {
  /** By which others could be the same person. */
  readonly keys: readonly CorrelationKey[]
  readonly unusable: ReadonlyMap<UnusableReason, number>
}

/** Births by external id, as one policy set decides them at one instant. */
export interface PreparedBirths {
  readonly policySet: string
  readonly at: Date
  readonly births: ReadonlyMap<string, Birth>
  readonly texts: BirthTexts
}

/** Rows between two turns of the event loop, a millisecond: what PostgreSQL waits for goes out meanwhile. */
const rowsInTurn = 20

/**
 * Composes, decides and plans the people that new rows make, should each turn out to be a person of its own, and writes
 * down their rows, before any lock is taken: PostgreSQL works on the batch before meanwhile, and what is decided here
 * need be neither marked due, nor read back. Null without a policy set in force.
 */
export async function prepareBirths(
  world: MergeWorld & { readonly decider: DeciderInForce },
  { source, runId }: { readonly source: string; readonly runId: string },
  rows: readonly HashedRow[],
): Promise<PreparedBirths | null> {
  const decider = await world.decider()
  if (decider === null || rows.length === 0) return null
  const { policySet } = decider
  const at = world.clock()
  const planner = new FreshPlanner(at.toISOString())
  const texts = world.store.births.openBirthTexts({ at, policySet, runId })
  const counts = new BirthCounts()
  const names = correlationNames(world.derivation)
  const context = { source, existing: new Map(), newId: world.newId }
  const births = new Map<string, Birth>()
  for (let start = 0; start < rows.length; start += rowsInTurn) {
    const composed = rows.slice(start, start + rowsInTurn).flatMap((hashed) => {
      const { row } = hashed
      const identity = composeIdentity(
        world.newId(),
        [
          {
            source,
            active: row.active,
            inactiveFrom: row.inactiveFrom,
            attributes: row.attributes,
            groups: row.groups,
            country: row.country,
            deletedAt: null,
          },
        ],
        world.derivation,
        at,
      )
      return identity === null ? [] : [{ hashed, identity }]
    })
    const decisions = await decider.decideBatch(
      composed.map(({ identity }) => factsOf(identity)),
      at,
    )
    for (const [index, { hashed, identity }] of composed.entries()) {
      const decision = decisions[index]
      if (decision === undefined) continue
      const { adding, reviewAt, overLimit } = planner.plan({ identity, decision, newId: world.newId })
      const unusable = overLimit.length === 0 ? decision.unusable : [...decision.unusable, ...overLimit]
      const batch = { runId, policySet, now: at }
      const event =
        adding.length === 0 ? null : planApplied({ identityId: identity.id, effects: adding }, batch)
      const { externalId, attributes } = hashed.row
      const keys = correlationKeys(attributes, names)
      const place = texts.add({
        record: recordOf(hashed, context, linkOfCreated(identity.id)),
        keys: keys.map((key) => ({ ...key, source, externalId, identityId: identity.id })),
        identity,
        effects: adding,
        reviewAt,
        unusable,
        event,
      })
      births.set(externalId, { place, keys, ...counts.of(adding, unusable) })
    }
    await yieldToOthers()
  }
  return { policySet, at, births, texts }
}

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
