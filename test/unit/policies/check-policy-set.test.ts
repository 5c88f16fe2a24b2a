// Longer than 300 lines: the table of faults with their sentences, to be read as one.
import { describe, expect, it } from 'vitest'
import { checkPolicySet } from '../../../policies/load/check-policy-set.ts'
import type { PolicyFault } from '../../../policies/load/policy-fault.ts'
import { settings } from './sample-identity.ts'

type Json = Record<string, unknown>

const options = { customAttributes: settings.customAttributes, sources: ['corp', 'hr'] }
const everybody = { all: [] }
const grant = { type: 'provision', params: { rights: ['otp-sms'] } }
const policy = (more: Json = {}): Json => ({ id: 'p', conditions: everybody, event: grant, ...more })
const compare = (fact: string, operator: string, value: unknown) => ({ all: [{ fact, operator, value }] })

function check(policies: readonly (Json | string)[], conditions: readonly Json[] = []) {
  const files = (documents: readonly (Json | string)[], folder: string) =>
    documents.map((document, index) => ({
      file: `${folder}${index}.json`,
      text: typeof document === 'string' ? document : JSON.stringify(document, null, 2),
    }))
  return checkPolicySet(files(policies, ''), files(conditions, 'conditions/'), options)
}

function faultsOf(
  policies: readonly (Json | string)[],
  conditions: readonly Json[] = [],
): readonly PolicyFault[] {
  const checked = check(policies, conditions)
  return checked.ok ? [] : checked.faults
}

const summary = (faults: readonly PolicyFault[]) => faults.map(({ code, pointer }) => `${code} ${pointer}`)

describe('checkPolicySet', () => {
  it('fills defaults in and sorts by id', () => {
    const checked = check([
      policy({ id: 'b' }),
      policy({
        id: 'a',
        event: { type: 'provision', params: { enroll: [{ factor: 'otp-sms', from: 'phoneNumbers' }] } },
      }),
    ])
    expect(checked).toMatchObject({
      ok: true,
      documents: [
        {
          id: 'a',
          mode: 'enforce',
          priority: 1,
          event: {
            params: {
              rights: [],
              enroll: [
                {
                  take: 'all',
                  onChange: 'replace',
                  onUnmatch: 'suspend',
                  proof: 'asserted',
                  reenroll: false,
                },
              ],
            },
          },
        },
        { id: 'b' },
      ],
    })
  })

  it('says where in the file a fault is', () => {
    const text =
      '{\n  "id": "p",\n  "conditions": { "all": [\n    { "fact": "departmnt", "operator": "equal", "value": "x" } ] },\n  "event": { "type": "provision", "params": {} }\n}'
    expect(faultsOf([text])).toEqual([
      {
        file: '0.json',
        pointer: '/conditions/all/0/fact',
        line: 4,
        column: 15,
        code: 'unknown-fact',
        message: 'Unknown fact "departmnt", did you mean "department"?',
      },
    ])
  })

  it('points at an unknown key itself', () => {
    expect(
      faultsOf([
        '{ "id": "p",\n  "prioritty": 5, "conditions": {"all": []}, "event": {"type": "provision", "params": {}} }',
      ]),
    ).toEqual([
      expect.objectContaining({
        line: 2,
        column: 3,
        code: 'unknown-key',
        message: 'Unknown key "prioritty", did you mean "priority"?',
      }),
    ])
  })

  it('reports every fault of every document at once', () => {
    const faults = faultsOf(
      [
        '{ "id": ',
        policy({ conditions: compare('departmnt', 'equls', 1), target: 'foo eq "x"', mode: 'on' }),
        policy({
          event: {
            type: 'provision',
            params: { rights: ['otp-smss'], enroll: [{ factor: 'otp-sms', from: 'emails' }] },
          },
        }),
      ],
      [{ id: 'c', conditions: compare('title', 'equal', 5) }],
    )
    expect(faults.map(({ file, code, pointer }) => `${file} ${code} ${pointer}`)).toEqual([
      '0.json not-json ',
      '1.json wrong-shape /mode',
      '1.json unknown-fact /conditions/all/0/fact',
      '1.json unknown-operator /conditions/all/0/operator',
      '1.json invalid-filter /target',
      '2.json unknown-factor /event/params/rights/0',
      '2.json invalid-path /event/params/enroll/0/from',
      'conditions/0.json invalid-value /conditions/all/0/value',
      '2.json duplicate-id /id',
    ])
  })

  it.each([
    [
      '{ "id": "p" ',
      { line: 1, column: 13, code: 'not-json', message: 'The file is not JSON: it ends too early.' },
    ],
    [
      '{\n "id": p }',
      { line: 2, column: 8, code: 'not-json', message: 'The file is not JSON: unexpected "p".' },
    ],
    ['{ "id": "p", }', { line: 1, column: 14, code: 'not-json' }],
    ['{ "id": [1, 2} }', { line: 1, column: 14, code: 'not-json' }],
    ['{ "id": "p" } x', { line: 1, column: 15, code: 'not-json' }],
    ['{"id": "p", "id": "q"}', { code: 'not-json', message: 'A key is given twice in one object.' }],
    ['[]', { code: 'wrong-shape', pointer: '' }],
    [`"${'x'.repeat(300_000)}"`, { code: 'too-large' }],
  ])('refuses what is not one JSON object: %.20s', (text, fault) => {
    expect(faultsOf([text])[0]).toMatchObject(fault)
  })

  it.each([
    [{ id: 'a b' }, 'wrong-shape /id'],
    [{ description: 'a\0b' }, 'invalid-value /description'],
    [{ description: '\ud800' }, 'invalid-value /description'],
    [{ event: { type: 'deyn', params: {} } }, 'wrong-shape /event/type'],
    [{ event: { type: 'deny', params: { rights: ['otp-sms'] } } }, 'wrong-shape /event/params/reason'],
    [
      { event: { type: 'deny', params: { rights: [{ factor: 'otp-sms', clients: ['x'] }], reason: 'r' } } },
      'refused-key /event/params/rights/0',
    ],
    [
      { event: { type: 'deny', params: { rights: ['otp-sms'], reason: 'r', enroll: [] } } },
      'unknown-key /event/params/enroll',
    ],
    [{ event: { type: 'provision', params: { rights: [5] } } }, 'wrong-shape /event/params/rights/0'],
    [{ conditions: 5 }, 'wrong-shape /conditions'],
    [{ conditions: {} }, 'wrong-shape /conditions'],
    [{ conditions: { all: [], any: [] } }, 'wrong-shape /conditions'],
    [{ conditions: { all: {} } }, 'wrong-shape /conditions/all'],
    [{ conditions: { fact: 'title', operator: 'equal', value: 'x' } }, 'wrong-shape /conditions'],
    [{ conditions: { all: [{ fact: 'title', operator: 'equal' }] } }, 'wrong-shape /conditions/all/0/value'],
    [{ conditions: { all: [], priority: 0 } }, 'wrong-shape /conditions/priority'],
    [
      { conditions: { all: [{ fact: 'title', operator: 'equal', value: 'x', path: '$.a' }] } },
      'refused-key /conditions/all/0/path',
    ],
    [
      { conditions: { all: [{ fact: 'title', operator: 'equal', value: 'x', params: {} }] } },
      'refused-key /conditions/all/0/params',
    ],
    [
      { conditions: { all: [{ fact: 'title', operator: 'equal', valeu: 'x', value: 'x' }] } },
      'unknown-key /conditions/all/0/valeu',
    ],
    [
      { conditions: compare('title', 'equal', { fact: 'titel' }) },
      'unknown-fact /conditions/all/0/value/fact',
    ],
    [
      { conditions: compare('title', 'equal', { fact: 'title', path: '$' }) },
      'refused-key /conditions/all/0/value/path',
    ],
    [{ conditions: compare('groups.nowhere', 'contains', 'x') }, 'unknown-fact /conditions/all/0/fact'],
    [{ conditions: compare('custom.unknown', 'equal', 'x') }, 'unknown-fact /conditions/all/0/fact'],
    [{ conditions: compare('title', 'matches', '(') }, 'invalid-regex /conditions/all/0/value'],
    [{ conditions: compare('title', 'matches', '(?=x)') }, 'invalid-regex /conditions/all/0/value'],
    [
      { conditions: compare('title', 'matches', '(a{100}){9}(b{100}){9}(c{100}){9}') },
      'regex-too-large /conditions/all/0/value',
    ],
    [
      { conditions: compare('emails', 'someFact:matches', 'x'.repeat(600)) },
      'regex-too-large /conditions/all/0/value',
    ],
    [{ conditions: compare('emails', 'endsWith', '@x') }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('title', 'contains', 'x') }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('title', 'in', 'x') }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('title', 'in', ['x', 5]) }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('title', 'equal', null) }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('active', 'equal', 'true') }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('title', 'present', false) }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('title', 'before', 'now') }, 'invalid-value /conditions/all/0/value'],
    [{ conditions: compare('endDate', 'before', 'tomorrow') }, 'invalid-value /conditions/all/0/value'],
    [
      { conditions: compare('endDate', 'ignoreCase:before', 'now-P1D') },
      'invalid-value /conditions/all/0/value',
    ],
    [
      { conditions: compare('endDate', 'swap:before', '2026-01-01') },
      'invalid-value /conditions/all/0/value',
    ],
    [{ conditions: compare('endDate', 'withinDays', 1.5) }, 'invalid-value /conditions/all/0/value'],
    [
      { conditions: compare('endDate', 'withinDays', { from: 3, to: 1 }) },
      'invalid-value /conditions/all/0/value',
    ],
    [{ conditions: { any: [] } }, 'unreachable-condition /conditions/any'],
    [{ conditions: compare('title', 'in', []) }, 'unreachable-condition /conditions/all/0/value'],
    [
      { conditions: compare('title', 'someValue:startsWith', []) },
      'unreachable-condition /conditions/all/0/value',
    ],
    [{ conditions: compare('groups', 'containsAny', []) }, 'unreachable-condition /conditions/all/0/value'],
    [{ conditions: { not: compare('title', 'notIn', []) } }, 'unreachable-condition /conditions/not'],
    [
      { conditions: { all: [...compare('title', 'equal', 'x').all, compare('title', 'in', ['y', 'z'])] } },
      'unreachable-condition /conditions/all',
    ],
    [
      {
        conditions: { all: [...compare('title', 'equal', 'x').all, ...compare('title', 'notIn', ['x']).all] },
      },
      'unreachable-condition /conditions/all',
    ],
    [
      {
        conditions: {
          all: [...compare('title', 'absent', true).all, ...compare('title', 'startsWith', 'x').all],
        },
      },
      'unreachable-condition /conditions/all',
    ],
    [{ conditions: { condition: 'nobody' } }, 'unknown-condition /conditions/condition'],
    [{ target: 'emails[type eq' }, 'invalid-filter /target'],
    [
      {
        event: {
          type: 'provision',
          params: { enroll: [{ factor: 'otp-sms', from: 'phoneNumbers[typ eq "x"]' }] },
        },
      },
      'invalid-path /event/params/enroll/0/from',
    ],
    [
      {
        event: {
          type: 'provision',
          params: { enroll: [{ factor: 'otp-email', from: ['emails', 'phoneNumbers'] }] },
        },
      },
      'invalid-path /event/params/enroll/0/from/1',
    ],
    [
      { event: { type: 'provision', params: { enroll: [{ factor: 'otp-fax', from: 'emails' }] } } },
      'unknown-factor /event/params/enroll/0/factor',
    ],
  ])('refuses %j', (more, fault) => {
    expect(summary(faultsOf([policy(more)]))).toEqual([fault])
  })

  it.each([
    compare('groups', 'contains', 'x'),
    compare('groups.hr', 'containsAny', ['x']),
    compare('employeeNumber', 'lessThan', 500),
    compare('usable.otp-sms', 'greaterThan', 0),
    compare('custom.reviews', 'someFact:withinDays', { from: 0, to: 3 }),
    compare('startDate', 'before', { fact: 'endDate' }),
    compare('title', 'someValue:startsWith', ['a', 'b']),
    compare('emails.work', 'someFact:ignoreCase:endsWith', '@x.org'),
    compare('userType', 'swap:contains', ['a', 'b']),
    { all: [...compare('groups', 'contains', 'x').all, ...compare('groups', 'contains', 'y').all] },
    { all: [...compare('title', 'equal', 'x').all, ...compare('title', 'in', ['x', 'y']).all] },
    {
      any: [...compare('title', 'equal', 'x').all, ...compare('title', 'equal', 'y').all],
      name: 'n',
      priority: 3,
    },
    { all: [...compare('title', 'absent', true).all, ...compare('title', 'notEqual', 'x').all] },
  ])('accepts %j', (conditions) => {
    expect(faultsOf([policy({ conditions })])).toEqual([])
  })

  it('refuses named conditions that nobody uses, that lead to themselves, or whose parts exclude each other', () => {
    const named = (id: string, conditions: Json): Json => ({ id, conditions })
    expect(summary(faultsOf([policy()], [named('c', everybody)]))).toEqual(['unused-condition /id'])
    const circle = [named('c', { not: { condition: 'd' } }), named('d', { all: [{ condition: 'c' }] })]
    expect(summary(faultsOf([policy({ conditions: { condition: 'c' } })], circle))).toEqual([
      'unreachable-condition /id',
      'unreachable-condition /id',
    ])
    const sales = [named('sales', compare('title', 'equal', 'sales'))]
    const conditions = { all: [{ condition: 'sales' }, ...compare('title', 'equal', 'hr').all] }
    expect(summary(faultsOf([policy({ conditions })], sales))).toEqual([
      'unreachable-condition /conditions/all',
    ])
    expect(faultsOf([policy({ conditions: { condition: 'sales' } })], sales)).toEqual([])
  })

  it('refuses conditions that double when written out, without writing them out', () => {
    const chain = Array.from({ length: 40 }, (_, index) => ({
      id: `c${index}`,
      conditions: { any: [{ condition: `c${index + 1}` }, { all: [{ condition: `c${index + 1}` }] }] },
    }))
    const last = { id: 'c40', conditions: compare('title', 'present', true) }
    const faults = faultsOf([policy({ conditions: { condition: 'c0' } })], [...chain, last])
    expect(faults[0]).toMatchObject({ file: '0.json', code: 'too-large' })
  })

  it('refuses conditions that nest too deep', () => {
    let conditions: Json = everybody
    for (let depth = 0; depth < 40; depth++) conditions = { not: conditions }
    expect(faultsOf([policy({ conditions })])[0]).toMatchObject({ code: 'too-large' })
  })
})
