// Longer than 300 lines: the properties of one function, over one generator.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Enrollment } from '../../../domain/enrollment.ts'
import {
  anyDecision,
  anyWorld,
  applyEffects,
  day,
  emptyDecision,
  graceMs,
  later,
  planIn,
  settle,
  type World,
} from './plan-world.ts'

const runs = { numRuns: 400 }
// A property is many cases, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

function holds(property: (world: World) => void): void {
  fc.assert(fc.property(anyWorld, property), runs)
}

const stateOf = (world: World) => ({
  rights: [...world.rights].sort((a, b) => (a.factor < b.factor ? -1 : 1)),
  enrollments: [...world.enrollments].sort((a, b) => (a.id < b.id ? -1 : 1)),
})

const personal = (row: Enrollment) => row.origins.filter((origin) => origin.kind !== 'policy')
const byId = (world: World, id: string) => world.enrollments.find((row) => row.id === id)
const rightOf = (world: World) => world.rights.find((right) => right.factor === 'otp-sms')
const afterAdding = (world: World) => applyEffects(world, planIn(world).adding)

describe('a plan', () => {
  test('is empty on the state that it leads to', () => {
    holds((world) => {
      const again = planIn(settle(world))
      expect({ adding: again.adding, takingAway: again.takingAway }).toEqual({ adding: [], takingAway: [] })
    })
  })

  test('is empty, and says so again, until the time at which it asks to be reviewed (rule 15: nothing by time alone)', () => {
    fc.assert(
      fc.property(anyWorld, fc.integer({ min: 1, max: 60 * day }), (world, wait) => {
        const settled = settle(world)
        const { reviewAt } = planIn(settled)
        const end = reviewAt === null ? later(settled.now, wait) : later(reviewAt, -1)
        fc.pre(Date.parse(end) >= Date.parse(settled.now))
        const quiet = planIn({ ...settled, now: end })
        expect([...quiet.adding, ...quiet.takingAway]).toEqual([])
      }),
      runs,
    )
  })

  test('depends neither on the order of policies, nor of addresses, nor of rows (rule 3)', () => {
    holds((world) => {
      const turned: World = {
        ...world,
        enrollments: [...world.enrollments].reverse(),
        rights: [...world.rights].reverse(),
        decision: {
          ...world.decision,
          wishes: [...world.decision.wishes]
            .reverse()
            .map((wish) => ({ ...wish, candidates: [...wish.candidates].reverse() })),
          rights: world.decision.rights.map((right) => ({ ...right, by: [...right.by].reverse() })),
        },
      }
      expect(planIn(turned)).toEqual(planIn(world))
    })
  })

  test('leads to its end from its first half too, so that a brake may hold the second', () => {
    holds((world) => {
      const half = afterAdding(world)
      expect(planIn(half).adding).toEqual([])
      expect(stateOf(settle(half))).toEqual(stateOf(settle(world)))
    })
  })

  test('keeps one row for each factor and address (rule 2)', () => {
    holds((world) => {
      for (const state of [afterAdding(world), settle(world)]) {
        const keys = state.enrollments.map((row) => `${row.factor} ${row.key}`)
        expect(new Set(keys).size).toBe(keys.length)
      }
    })
  })
})

describe('the half that adds', () => {
  test('takes no right, no client and no usable address away', () => {
    holds((world) => {
      const half = afterAdding(world)
      const [right, then] = [rightOf(world), rightOf(half)]
      if (right?.effective) {
        expect(then?.effective).toBe(true)
        for (const client of right.clients ?? []) expect(then?.clients ?? [client]).toContain(client)
        if (right.clients === null) expect(then?.clients).toBeNull()
      }
      for (const row of world.enrollments) {
        const next = byId(half, row.id)
        expect(next).toBeDefined()
        if (row.status === 'active' && next?.key === row.key) expect(next.status).toBe('active')
        if (next?.key === row.key)
          for (const { policy } of row.origins)
            expect(next.origins.map((origin) => origin.policy)).toContain(policy)
      }
    })
  })

  test('gives no right that the end does not have, so that a denied right is never in force (rule 1)', () => {
    holds((world) => {
      if (rightOf(world)?.effective || !rightOf(afterAdding(world))?.effective) return
      expect(rightOf(settle(world))).toEqual(rightOf(afterAdding(world)))
    })
  })

  test('changes an address in place only where policies alone hold it and nobody disabled it (rules 2 and 3)', () => {
    holds((world) => {
      for (const effect of planIn(world).adding) {
        if (effect.op !== 'replace') continue
        expect(effect.before?.origins.every((origin) => origin.kind === 'policy')).toBe(true)
        expect(effect.before?.disabled).toBeNull()
        expect(effect.after?.addressChangedAt).toBe(world.now)
        expect(['none', 'asserted']).toContain(effect.after?.proof)
      }
    })
  })
})

describe('the half that takes away', () => {
  test('gives no right and makes nothing usable but a successor that no longer has to wait', () => {
    holds((world) => {
      const [half, end] = [afterAdding(world), settle(world)]
      if (rightOf(end)?.effective) expect(rightOf(half)?.effective).toBe(true)
      for (const row of end.enrollments.filter((candidate) => candidate.status === 'active')) {
        const before = byId(half, row.id)
        if (before?.replaces === null) expect(before.status).toBe('active')
        else expect(before?.proofRequired).toBe(true)
      }
    })
  })
})

describe('a policy', () => {
  test('never touches what a person put there: origins, address, id (rule 2)', () => {
    holds((world) => {
      const end = settle(world)
      for (const row of world.enrollments) {
        if (personal(row).length === 0) continue
        const next = byId(end, row.id)
        expect(next && personal(next)).toEqual(personal(row))
        expect([next?.address, next?.key]).toEqual([row.address, row.key])
        expect(next?.proofRequired).toBe(row.proofRequired)
      }
    })
  })

  test('never brings back what a person removed or disabled, unless it says reenroll (rule 2)', () => {
    holds((world) => {
      const bringing = world.decision.wishes
        .filter((wish) => wish.reenroll)
        .flatMap((wish) => wish.candidates.map((candidate) => candidate.key))
      const end = settle(world)
      for (const row of world.enrollments.filter((candidate) => !bringing.includes(candidate.key))) {
        if (row.removed !== null) expect(byId(end, row.id)).toEqual(row)
        if (row.disabled !== null) expect(byId(end, row.id)?.disabled).toEqual(row.disabled)
        if (row.disabled !== null) expect(byId(end, row.id)?.key).toBe(row.key)
      }
    })
  })

  test('never enables what an administrator disabled, reenroll or not (rule 2)', () => {
    holds((world) => {
      const end = settle(world)
      for (const row of world.enrollments)
        if (row.disabled?.by === 'admin') expect(byId(end, row.id)?.disabled).toEqual(row.disabled)
    })
  })

  test('leaves an address on a row only where it wants it, keeps it instead of a new one, or holds a change', () => {
    holds((world) => {
      const end = settle(world)
      for (const row of end.enrollments) {
        for (const { policy, onUnmatch } of row.origins) {
          // While the person is away nothing is let go, but for what a policy removes at once.
          if (policy === null || (!world.active && onUnmatch !== 'remove')) continue
          const wishes = world.decision.wishes.filter((wish) => wish.policy === policy)
          const wanted = wishes.some((wish) => wish.candidates.some((candidate) => candidate.key === row.key))
          const held = end.enrollments.some(
            (other) => other.replaces === row.id && other.status === 'pending',
          )
          const kept = world.decision.wishes.some((wish) => wish.onChange === 'keep')
          const disabledSuccessor = end.enrollments.some((other) => other.replaces === row.id)
          expect(wanted || held || kept || disabledSuccessor).toBe(true)
        }
      }
    })
  })

  test('never lowers the proof of an address (rule 4)', () => {
    const ranks = ['none', 'asserted', 'attested', 'proven']
    holds((world) => {
      const end = settle(world)
      for (const row of world.enrollments) {
        const next = byId(end, row.id)
        if (next === undefined || next.key !== row.key) continue
        expect(ranks.indexOf(next.proof)).toBeGreaterThanOrEqual(ranks.indexOf(row.proof))
      }
    })
  })
})

describe('a new address', () => {
  test('is pending where any policy that takes it asks for proof, whatever the others say (rules 3 and 4)', () => {
    holds((world) => {
      for (const effect of planIn(world).adding) {
        if (effect.op !== 'enroll' || effect.before !== null || effect.after === null) continue
        const { after } = effect
        const required = world.decision.wishes
          .filter((wish) => wish.proof === 'required' && wish.take === 'all' && wish.max === null)
          .filter((wish) => wish.candidates.some((candidate) => candidate.key === after.key))
          .some((wish) => after.origins.some((origin) => origin.policy === wish.policy))
        if (required) expect(after.status).toBe('pending')
        if (after.proof === 'none') expect(after.status).toBe('pending')
      }
    })
  })
})

describe('what is unusable', () => {
  test('is everything of a factor without an effective right, and nothing without an origin is usable (rule 5)', () => {
    holds((world) => {
      const end = settle(world)
      for (const row of end.enrollments.filter((candidate) => candidate.status === 'active')) {
        expect(rightOf(end)?.effective).toBe(true)
        expect(end.active).toBe(true)
        expect(row.origins).not.toEqual([])
        expect(row.unwantedSince).toBeNull()
      }
    })
  })

  test('by inactivity is kept and comes back as it was when the person does (rule 5)', () => {
    holds((world) => {
      const before = settle({ ...world, active: true })
      const away = settle({ ...before, active: false })
      expect(away.enrollments.some((row) => row.status === 'active')).toBe(false)
      const back = settle({ ...away, active: true })
      const lasting = (one: World) => one.enrollments.map(({ statusSince: _, ...row }) => row)
      expect(lasting(back)).toEqual(lasting(before))
      expect(rightOf(back)).toEqual(rightOf(before))
    })
  })

  test('by inactivity is kept even where no policy speaks of the inactive, unless one says remove (rules 3 and 5)', () => {
    holds((world) => {
      const before = settle({ ...world, active: true })
      const away = settle({ ...before, active: false, decision: emptyDecision })
      for (const row of before.enrollments.filter(({ unwantedSince }) => unwantedSince === null)) {
        const removable = row.origins.every(
          ({ kind, onUnmatch }) => kind === 'policy' && onUnmatch === 'remove',
        )
        if (!removable) expect(byId(away, row.id)?.unwantedSince).toBeNull()
      }
    })
  })

  test('because nobody wants it goes after the grace time and not before, unless a person disabled it (rule 3)', () => {
    holds((world) => {
      const silent = { ...world, active: true, decision: emptyDecision }
      const first = settle(silent)
      const before = settle({ ...first, now: later(first.now, graceMs - 1) })
      const atEnd = settle({ ...first, now: later(first.now, graceMs) })
      for (const row of first.enrollments) {
        const unwanted = row.unwantedSince === first.now && row.removed === null
        if (unwanted) expect(byId(before, row.id)).toBeDefined()
        const stays = row.removed !== null || row.disabled !== null || personal(row).length > 0
        expect(byId(atEnd, row.id) !== undefined).toBe(stays)
      }
    })
  })
})

describe('a right', () => {
  test('keeps every word of a person through any decision, but for a grant that has ended (rule 1)', () => {
    fc.assert(
      fc.property(anyWorld, anyDecision, (world, decision) => {
        const end = settle(settle({ ...world, decision }))
        const words = (one: World) => [
          ...(rightOf(one)?.origins ?? []).filter(
            (it) =>
              it.kind === 'manual' && (it.until === null || Date.parse(it.until) > Date.parse(world.now)),
          ),
          ...(rightOf(one)?.denials ?? []).filter((it) => it.kind === 'manual'),
        ]
        expect(words(end)).toEqual(words(world))
      }),
      runs,
    )
  })
})
