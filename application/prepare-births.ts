import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { UnusableValue } from '../domain/address.ts'
import type { Effect } from '../domain/effect.ts'
import { FreshPlanner } from '../domain/plan-fresh.ts'
import type { StoredIdentity } from '../store/write/identities.ts'
import { composeIdentity } from './compose-identity.ts'
import type { DeciderInForce } from './decider.ts'
import { factsOf } from './drain-due.ts'
import type { HashedRow } from './link-rows.ts'
import type { MergeWorld } from './merge-rows.ts'

/** What the policies in force make of somebody who is not there yet. */
export interface Birth {
  readonly identity: StoredIdentity
  readonly effects: readonly Effect[]
  readonly reviewAt: string | null
  readonly unusable: readonly UnusableValue[]
}

/** Births by external id, as one policy set decides them at one instant. */
export interface PreparedBirths {
  readonly policySet: string
  readonly at: Date
  readonly births: ReadonlyMap<string, Birth>
}

/** Rows between two turns of the event loop, a few milliseconds: what PostgreSQL waits for goes out meanwhile. */
const rowsInTurn = 40

/**
 * Composes, decides and plans the people that new rows make, should each turn out to be a person of its own, before
 * any lock is taken: PostgreSQL works on the batch before meanwhile, and what is decided here need be neither marked
 * due, nor read back. Null without a policy set in force.
 */
export async function prepareBirths(
  world: MergeWorld & { readonly decider: DeciderInForce },
  source: string,
  rows: readonly HashedRow[],
): Promise<PreparedBirths | null> {
  const decider = await world.decider()
  if (decider === null || rows.length === 0) return null
  const at = world.clock()
  const planner = new FreshPlanner(at.toISOString())
  const births = new Map<string, Birth>()
  for (let start = 0; start < rows.length; start += rowsInTurn) {
    const composed = rows.slice(start, start + rowsInTurn).flatMap(({ row }) => {
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
      return identity === null ? [] : [{ externalId: row.externalId, identity }]
    })
    const decisions = await decider.decideBatch(
      composed.map(({ identity }) => factsOf(identity)),
      at,
    )
    for (const [index, { externalId, identity }] of composed.entries()) {
      const decision = decisions[index]
      if (decision === undefined) continue
      const plan = planner.plan({ identity, decision, newId: world.newId })
      const unusable =
        plan.overLimit.length === 0 ? decision.unusable : [...decision.unusable, ...plan.overLimit]
      births.set(externalId, { identity, effects: plan.adding, reviewAt: plan.reviewAt, unusable })
    }
    await yieldToOthers()
  }
  return { policySet: decider.policySet, at, births }
}
