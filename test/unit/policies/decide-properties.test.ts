import fc from 'fast-check'
import { Engine, type TopLevelCondition } from 'json-rules-engine'
import { describe, expect, it } from 'vitest'
import type { Decision, IdentityFacts } from '../../../domain/decision.ts'
import { openCalendar } from '../../../policies/calendar.ts'
import { compilePolicySet } from '../../../policies/decide/compile-policy-set.ts'
import { decide, decideBatch } from '../../../policies/decide/decide.ts'
import { explainDecision } from '../../../policies/decide/explain-decision.ts'
import { evaluateFilter } from '../../../policies/filter/evaluate-filter.ts'
import { identityDocument } from '../../../policies/filter/identity-document.ts'
import { parseFilter } from '../../../policies/filter/parse-filter.ts'
import { createMoment } from '../../../policies/moment.ts'
import { answer, decorators } from '../../../policies/operators/decorators.ts'
import { operators } from '../../../policies/operators/operator-table.ts'
import type { PolicyDocument } from '../../../policies/policy-schema.ts'
import { identities, policies, shared } from './arbitrary-policies.ts'
import { facts, settings } from './sample-identity.ts'

/** Hours before the clocks go back in Berlin, so that days of 25 hours are among those decided. */
const now = new Date('2026-10-24T10:30:00Z')
const names = ['title', 'department', 'groups', 'emails', 'sources', 'startDate', 'endDate']
const customNames = ['custom.badge', 'custom.skills', 'custom.certifiedUntil', 'custom.reviews']

const compile = (documents: readonly PolicyDocument[]) =>
  compilePolicySet({ id: 'sha256:test', documents, conditions: [shared], settings })

/** Which policies match when json-rules-engine alone evaluates each, on the real facts, with nothing remembered. */
async function matchPlainly(
  documents: readonly PolicyDocument[],
  about: IdentityFacts,
): Promise<readonly string[]> {
  const moment = createMoment(now, openCalendar(settings.timeZone))
  const matched: string[] = []
  for (const { id, mode, target, conditions } of documents) {
    const engine = new Engine([{ conditions: conditions as TopLevelCondition, event: { type: id } }], {
      allowUndefinedFacts: true,
    })
    engine.setCondition('shared', shared.conditions)
    for (const [name, operator] of operators) {
      engine.addOperator(name, (left: unknown, right: unknown) => answer(operator, left, right, moment))
    }
    for (const [name, { apply }] of decorators) {
      engine.addOperatorDecorator(name, (left: unknown, right: unknown, next) => apply(left, right, next))
    }
    const values = [...names, ...customNames].map((name) => [name, facts.find(name)?.read(about)])
    const { events } = await engine.run(Object.fromEntries(values) as Record<string, unknown>)
    const document = identityDocument(about, settings.groupsFrom)
    const targeted =
      target === undefined || evaluateFilter(parseFilter(target, settings.customAttributes), document)
    if (mode === 'enforce' && targeted && events.length > 0) matched.push(id)
  }
  return matched.sort()
}

/** Generated policies grant to a client of their own id, or deny. */
function readMatched({ rights, wishes }: Decision): readonly string[] {
  const granted = rights.flatMap(({ by }) => by)
  const denied = rights.flatMap(({ deniedBy }) => deniedBy.map(({ policy }) => policy))
  expect([...new Set(wishes.map(({ policy }) => policy))].sort()).toEqual([...granted].sort())
  return [...granted, ...denied].sort()
}

describe('decisions', () => {
  it('are those of json-rules-engine asked about each identity and policy by itself', async () => {
    let matches = 0
    await fc.assert(
      fc.asyncProperty(
        policies,
        fc.array(identities, { minLength: 1, maxLength: 8 }),
        async (documents, people) => {
          const decisions = await decideBatch(people, compile(documents), now)
          for (const [index, person] of people.entries()) {
            const plain = await matchPlainly(documents, person)
            matches += plain.length
            expect(readMatched(decisions[index] as Decision)).toEqual(plain)
          }
        },
      ),
      { numRuns: 60 },
    )
    expect(matches).toBeGreaterThan(50)
  })

  it('are the same however much was decided before', async () => {
    await fc.assert(
      fc.asyncProperty(
        policies,
        fc.array(identities, { maxLength: 8 }),
        identities,
        async (documents, before, person) => {
          const warm = compile(documents)
          await decideBatch(before, warm, now)
          expect(await decide(person, warm, now)).toEqual(await decide(person, compile(documents), now))
        },
      ),
    )
  })

  it('do not depend on the order of the documents', async () => {
    const shuffled = policies.chain((documents) =>
      fc.tuple(fc.constant(documents), fc.shuffledSubarray([...documents], { minLength: documents.length })),
    )
    await fc.assert(
      fc.asyncProperty(shuffled, identities, async ([documents, reordered], person) => {
        const [explained, other] = await Promise.all(
          [documents, reordered].map((each) => explainDecision(person, compile(each), now)),
        )
        expect(other).toEqual(explained)
      }),
    )
  })

  it('do not depend on priorities, but for the priority that wishes carry', async () => {
    await fc.assert(
      fc.asyncProperty(policies, identities, async (documents, person) => {
        const flat = documents.map((document) => ({ ...document, priority: 1 }))
        const [decision, other] = await Promise.all(
          [documents, flat].map(async (each) => {
            const { wishes, ...rest } = await decide(person, compile(each), now)
            return {
              ...rest,
              wishes: new Set(wishes.map((wish) => JSON.stringify({ ...wish, priority: 1 }))),
            }
          }),
        )
        expect(other).toEqual(decision)
      }),
    )
  })

  it('stay as they are until reviewAt', async () => {
    let reviews = 0
    let changes = 0
    await fc.assert(
      fc.asyncProperty(
        policies,
        identities,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
        async (documents, person, parts) => {
          const set = compile(documents)
          const { reviewAt, ...decision } = await decide(person, set, now)
          const end = reviewAt === null ? now.getTime() + 400 * 86_400_000 : Date.parse(reviewAt)
          expect(end).toBeGreaterThan(now.getTime())
          const span = end - 1 - now.getTime()
          for (const part of [...parts, 1]) {
            const { reviewAt: later, ...same } = await decide(
              person,
              set,
              new Date(now.getTime() + Math.floor(span * part)),
            )
            expect(same).toEqual(decision)
            expect(later).toBe(reviewAt)
          }
          if (reviewAt === null) return
          reviews++
          const { reviewAt: next, ...after } = await decide(person, set, new Date(end))
          if (JSON.stringify(after) !== JSON.stringify(decision)) changes++
          if (next !== null) expect(Date.parse(next)).toBeGreaterThan(end)
        },
      ),
      { numRuns: 120 },
    )
    // An instant too early would pass above; that most of them change something shows that they are not.
    expect(changes).toBeGreaterThan(reviews / 5)
  })

  it('change at reviewAt to the millisecond where one comparison with time decides', async () => {
    const dates = [
      '2026-10-25',
      '2026-10-26',
      '2026-11-08',
      '2026-10-24T12:00:00Z',
      '2026-10-25T01:30:00+01:00',
    ]
    const timed = fc.oneof(
      fc.record({
        operator: fc.constantFrom('before', 'after'),
        value: fc.constantFrom('now', 'now-P1D', 'now-P1DT1H', 'now+P1W', 'now+PT90M', 'now-P1M'),
      }),
      fc.record({ operator: fc.constant('withinDays'), value: fc.integer({ min: 0, max: 3 }) }),
    )
    let flips = 0
    await fc.assert(
      fc.asyncProperty(timed, fc.constantFrom(...dates), async (comparison, startDate) => {
        const document: PolicyDocument = {
          ...{ id: 'p', mode: 'enforce', priority: 1 },
          conditions: { all: [{ fact: 'startDate', ...comparison }] },
          event: { type: 'provision', params: { rights: ['otp-sms'], enroll: [] } },
        }
        const attributes = { 'urn:muster:scim:schemas:extension:2.0:User': { startDate } }
        const person: IdentityFacts = { id: 'x', active: true, attributes, addresses: [], sources: [] }
        const set = compile([document])
        let at = now
        for (let step = 0; step < 4; step++) {
          const { reviewAt, rights } = await decide(person, set, at)
          if (reviewAt === null) return
          flips++
          at = new Date(reviewAt)
          expect((await decide(person, set, new Date(at.getTime() - 1))).rights).toEqual(rights)
          expect((await decide(person, set, at)).rights).not.toEqual(rights)
        }
      }),
      { numRuns: 100 },
    )
    expect(flips).toBeGreaterThan(50)
  })
})
