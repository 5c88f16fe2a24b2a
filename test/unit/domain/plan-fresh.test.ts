import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Decision } from '../../../domain/decision.ts'
import { planEffects } from '../../../domain/plan.ts'
import { FreshPlanner } from '../../../domain/plan-fresh.ts'
import { anyWorld, graceMs } from './plan-world.ts'

describe('a plan for somebody who has nothing yet', () => {
  test('is the plan that everybody else would get', () => {
    fc.assert(
      fc.property(anyWorld, fc.boolean(), ({ decision: given, active, now }, apart) => {
        const decision = apart ? withOneForMail(given) : given
        const idsOf = () => {
          let serial = 0
          return () => `row-${++serial}`
        }
        const identity = { id: 'one', active }
        const nothing = { rights: [], enrollments: [], graceMs }
        const planner = new FreshPlanner(now)
        const whole = planEffects({ identity, decision, now, newId: idsOf(), ...nothing })
        expect(planner.plan({ identity, decision, newId: idsOf() })).toEqual(whole)
        // And again, from what it remembers.
        expect(planner.plan({ identity, decision, newId: idsOf() })).toEqual(whole)
      }),
      { numRuns: 500 },
    )
  })
})

/** One policy's wishes are for the other factor: as often as not, each factor then has one wish alone. */
function withOneForMail(decision: Decision): Decision {
  const mail = { factor: 'otp-email', attribute: 'emails' } as const
  return {
    ...decision,
    wishes: decision.wishes.map((wish) =>
      wish.policy === 'p0'
        ? { ...wish, ...mail, candidates: wish.candidates.map((candidate) => ({ ...candidate, ...mail })) }
        : wish,
    ),
  }
}
