import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planEffects } from '../../../domain/plan.ts'
import { FreshPlanner } from '../../../domain/plan-fresh.ts'
import { anyWorld, graceMs } from './plan-world.ts'

describe('a plan for somebody who has nothing yet', () => {
  test('is the plan that everybody else would get', () => {
    fc.assert(
      fc.property(anyWorld, ({ decision, active, now }) => {
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
