import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCalendar } from '../../../policies/calendar.ts'
import { createMoment } from '../../../policies/moment.ts'
import { answer } from '../../../policies/operators/decorators.ts'
import { findOperator, operators } from '../../../policies/operators/operator-table.ts'

/** Wednesday, 11:30 in Berlin. */
const moment = createMoment(new Date('2026-11-25T10:30:00Z'), openCalendar('Europe/Berlin'))

function ask(left: unknown, name: string, right: unknown): boolean {
  const named = findOperator(name)
  if (typeof named === 'string') throw new Error(named)
  return answer(named.operator, left, right, moment)
}

function flip(left: unknown, name: string, right: unknown): string | null {
  const named = findOperator(name)
  if (typeof named === 'string') throw new Error(named)
  const next = named.operator.nextFlip?.(left, right, moment) ?? null
  return next === null ? null : new Date(next).toISOString()
}

describe('operators', () => {
  it.each([
    ['Sales', 'equal', 'Sales'],
    ['Sales', 'notEqual', 'sales'],
    ['Sales', 'in', ['Field', 'Sales']],
    [['a', 'b'], 'contains', 'b'],
    [['a', 'b'], 'doesNotContain', 'c'],
    [['a', 'b'], 'containsAny', ['c', 'b']],
    [['a', 'b'], 'containsAll', ['b', 'a']],
    [3, 'lessThan', 4],
    ['0500', 'lessThanInclusive', 500],
    [3.5, 'greaterThan', 3],
    ['anna@example.com', 'endsWith', '@example.com'],
    ['Senior Engineer', 'startsWith', 'Senior'],
    ['DE-1234', 'matches', '^[A-Z]{2}-[0-9]+$'],
    ['see DE-1234', 'matches', '[0-9]+'],
    ['x', 'present', true],
    ['', 'absent', true],
    [[], 'absent', true],
    [false, 'present', true],
    ['uid=a,ou=people,dc=example', 'under', 'OU = People, DC=example'],
    ['uid=a,ou=people,dc=example', 'under', 'uid=a,ou=people,dc=example'],
    [String.raw`cn=Smith\, John,ou=R\26D,dc=x`, 'under', 'ou=R&D,dc=x'],
    ['cn=b+uid=a,dc=x', 'under', 'uid=a+cn=b,dc=x'],
    ['EMEA/Sales/Field', 'under', '/emea/sales/'],
    ['sales', 'ignoreCase:equal', 'SALES'],
    [['a@X.org'], 'someFact:ignoreCase:endsWith', '@x.ORG'],
    [['a@x.org', 'b@y.org'], 'everyFact:endsWith', '.org'],
    ['Sales', 'someValue:startsWith', ['Fi', 'Sa']],
    ['Sales', 'everyValue:startsWith', ['Sal', 'Sa']],
    ['Sales', 'not:equal', 'Field'],
    ['b', 'swap:contains', ['a', 'b']],
  ])('hold: %j %s %j', (left, name, right) => {
    expect(ask(left, name, right)).toBe(true)
  })

  it.each([
    ['Sales', 'equal', 'sales'],
    ['12 Main Street', 'lessThan', 20],
    ['uid=a,ou=otherpeople,dc=x', 'under', 'people,dc=x'],
    ['uid=a,ou=otherpeople,dc=x', 'under', 'ou=people,dc=x'],
    [String.raw`cn=x\,ou=admins`, 'under', 'ou=admins'],
    ['ou=admins', 'under', 'uid=a,ou=admins'],
    ['EMEA/Salesforce', 'under', 'EMEA/Sales'],
    ['Sales', 'under', 'ou=Sales'],
    ['x', 'everyValue:startsWith', []],
    ['x', 'matches', '('],
  ])('do not hold: %j %s %j', (left, name, right) => {
    expect(ask(left, name, right)).toBe(false)
  })

  it('make a positive comparison with an absent value false and a negative one true', () => {
    const negative = ['notEqual', 'notIn', 'doesNotContain', 'absent']
    const value = (name: string) => (/contains(Any|All)|in$|notIn/.test(name) ? ['x'] : 'x')
    for (const name of operators.keys()) {
      for (const absent of [undefined, null, '', []]) {
        const wanted = negative.includes(name)
        expect([name, absent, ask(absent, name, value(name))]).toEqual([name, absent, wanted])
        expect([name, absent, ask(absent, `not:${name}`, value(name))]).toEqual([name, absent, !wanted])
      }
    }
  })

  it('make every quantifier over an empty or absent list false, whatever it quantifies', () => {
    for (const empty of [undefined, []]) {
      for (const quantifier of ['someFact', 'everyFact']) {
        for (const name of operators.keys()) expect(ask(empty, `${quantifier}:${name}`, 'x')).toBe(false)
      }
    }
  })

  it('are as negative as their positive counterpart is not', () => {
    const pairs = [
      ['equal', 'notEqual', fc.string()],
      ['in', 'notIn', fc.array(fc.string())],
    ] as const
    for (const [positive, negative, right] of pairs) {
      fc.assert(
        fc.property(fc.option(fc.string(), { nil: undefined }), right, (l, r) => {
          expect(ask(l, negative, r)).toBe(!ask(l, positive, r))
        }),
      )
    }
  })

  it('match in linear time where a backtracking engine would not return', () => {
    const started = performance.now()
    expect(ask(`${'a'.repeat(50_000)}!`, 'matches', '^(a+)+$')).toBe(false)
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('name what is not known, with the nearest that is', () => {
    expect(findOperator('startWith')).toBe('unknown operator "startWith", did you mean "startsWith"?')
    expect(findOperator('someFacts:equal')).toBe('unknown decorator "someFacts", did you mean "someFact"?')
    expect(findOperator('ignoreCase:matches')).toMatch(/takes no ignoreCase/)
    expect(findOperator('constructor')).toMatch(/unknown operator/)
  })
})

describe('dates', () => {
  it.each([
    ['2026-11-24', 'before', 'now'],
    ['2026-11-26', 'after', 'now'],
    ['2026-11-25T10:29:59.999Z', 'before', 'now'],
    ['2026-11-25T11:30:00.001+01:00', 'after', 'now'],
    ['2026-11-10', 'before', 'now-P14D'],
    ['2026-11-12', 'after', 'now-P14D'],
    ['2026-12-24', 'before', 'now+P1M'],
    ['2026-11-25T09:00:00Z', 'before', 'now-PT1H'],
    ['2026-11-24', 'before', '2026-11-25'],
    ['2026-11-25T23:00:00Z', 'after', '2026-11-25'],
    ['2026-11-25', 'before', '2026-11-25T23:00:00Z'],
    ['2026-11-25', 'withinDays', 0],
    ['2026-12-09', 'withinDays', 14],
    ['2026-11-11', 'withinDays', 14],
    ['2026-11-11', 'withinDays', { from: -14, to: -14 }],
    ['2026-11-25T22:59:59Z', 'withinDays', 0],
    [['2020-01-01', '2026-11-25'], 'someFact:withinDays', 0],
  ])('hold: %j %s %j', (left, name, right) => {
    expect(ask(left, name, right)).toBe(true)
  })

  it.each([
    ['2026-11-25', 'before', 'now'],
    ['2026-11-25', 'after', 'now'],
    ['2026-11-25T10:30:00Z', 'before', 'now'],
    ['2026-11-25T10:30:00Z', 'after', 'now'],
    ['2026-11-11', 'before', 'now-P14D'],
    ['2026-11-11', 'after', 'now-P14D'],
    ['2026-11-25T22:59:59Z', 'after', '2026-11-25'],
    ['2026-12-10', 'withinDays', 14],
    ['2026-11-10', 'withinDays', 14],
    ['2026-11-25T23:00:00Z', 'withinDays', 0],
    ['soon', 'before', 'now'],
    ['soon', 'withinDays', 100_000],
  ])('do not hold: %j %s %j', (left, name, right) => {
    expect(ask(left, name, right)).toBe(false)
  })

  it.each([
    ['2026-11-25', 'before', 'now', '2026-11-25T23:00:00.000Z'],
    ['2026-11-24', 'before', 'now', null],
    ['2026-11-26', 'after', 'now', '2026-11-25T23:00:00.000Z'],
    ['2026-11-25T12:00:00Z', 'after', 'now', '2026-11-25T12:00:00.000Z'],
    ['2026-11-25T12:00:00Z', 'before', 'now', '2026-11-25T12:00:00.001Z'],
    ['2026-11-20', 'before', 'now-P14D', '2026-12-04T23:00:00.000Z'],
    ['2026-11-20', 'before', '2026-12-01', null],
    ['2026-12-25', 'withinDays', 14, '2026-12-10T23:00:00.000Z'],
    ['2026-12-01', 'withinDays', 14, '2026-12-15T23:00:00.000Z'],
    ['2026-10-01', 'withinDays', 14, null],
    [['2026-12-25', '2026-12-01'], 'someFact:not:withinDays', 14, '2026-12-10T23:00:00.000Z'],
    ['2026-12-25', 'someValue:withinDays', [14, 20], '2026-12-04T23:00:00.000Z'],
    ['Sales', 'equal', 'Sales', null],
    [undefined, 'before', 'now', null],
  ])('could change: %j %s %j at %s', (left, name, right, instant) => {
    expect(flip(left, name, right)).toBe(instant)
  })
})
