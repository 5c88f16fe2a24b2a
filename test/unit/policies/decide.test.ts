import { describe, expect, it } from 'vitest'
import type { IdentityFacts } from '../../../domain/decision.ts'
import { compilePolicySet } from '../../../policies/decide/compile-policy-set.ts'
import { decide, decideBatch } from '../../../policies/decide/decide.ts'
import { explainDecision } from '../../../policies/decide/explain-decision.ts'
import { checkPolicySet } from '../../../policies/load/check-policy-set.ts'
import { identity, mailbox, mobile, settings } from './sample-identity.ts'

type Json = Record<string, unknown>
const now = new Date('2026-11-25T10:30:00Z')

function compile(policies: readonly Json[], conditions: readonly Json[] = []) {
  const files = (documents: readonly Json[]) =>
    documents.map((document, index) => ({ file: `${index}.json`, text: JSON.stringify(document) }))
  const checked = checkPolicySet(files(policies), files(conditions), {
    customAttributes: settings.customAttributes,
  })
  if (!checked.ok) throw new Error(JSON.stringify(checked.faults))
  return compilePolicySet({ id: 'sha256:test', settings, ...checked })
}

const provision = (id: string, params: Json, more: Json = {}): Json => ({
  id,
  conditions: { all: [] },
  event: { type: 'provision', params },
  ...more,
})
const deny = (id: string, more: Json = {}): Json => ({
  id,
  conditions: { all: [] },
  event: { type: 'deny', params: { rights: ['otp-sms'], reason: 'because', ...more } },
})
const decideFor = (about: IdentityFacts, ...policies: readonly Json[]) =>
  decide(about, compile(policies), now)

describe('decide', () => {
  it('grants what any matching policy grants and names the policies', async () => {
    const { rights } = await decideFor(
      identity(),
      provision('b', { rights: ['otp-sms'] }),
      provision('a', { rights: ['otp-sms'] }),
      provision(
        'c',
        { rights: ['otp-email'] },
        { conditions: { all: [{ fact: 'title', operator: 'present', value: true }] } },
      ),
    )
    expect(rights).toEqual([
      { factor: 'otp-sms', granted: true, clients: null, by: ['a', 'b'], deniedBy: [] },
    ])
  })

  it('lets a denial beat every grant, whatever the priorities', async () => {
    const { rights } = await decideFor(
      identity(),
      provision('a', { rights: ['otp-sms'] }, { priority: 1000 }),
      deny('z', { overridable: true }),
      deny('d'),
    )
    expect(rights).toEqual([
      {
        factor: 'otp-sms',
        granted: false,
        clients: null,
        by: ['a'],
        deniedBy: [
          { policy: 'd', reason: 'because', overridable: false },
          { policy: 'z', reason: 'because', overridable: true },
        ],
      },
    ])
  })

  it('unites the clients of limited rights, and one unlimited grant lifts the limit', async () => {
    const limited = (id: string, ...clients: string[]) =>
      provision(id, { rights: [{ factor: 'otp-sms', clients }] })
    const some = await decideFor(identity(), limited('a', 'y', 'x'), limited('b', 'x', 'z'))
    expect(some.rights[0]?.clients).toEqual(['x', 'y', 'z'])
    const all = await decideFor(identity(), limited('a', 'x'), provision('b', { rights: ['otp-sms'] }))
    expect(all.rights[0]?.clients).toBeNull()
  })

  it('speaks to those whom the target lets in, and to nobody when off or in shadow', async () => {
    const of = (more: Json) =>
      decideFor(identity({ active: false }), provision('a', { rights: ['otp-sms'] }, more))
    expect((await of({ target: 'active eq true' })).rights).toEqual([])
    expect((await of({ mode: 'shadow' })).rights).toEqual([])
    expect((await of({ mode: 'off' })).rights).toEqual([])
    expect((await of({ target: 'active eq false' })).rights).toHaveLength(1)
  })

  it('sees the groups of groupsFrom only, in targets and in conditions', async () => {
    const about = identity({ attributes: { groups: [{ value: 'admins', source: 'lab' }] } })
    const inGroup = { all: [{ fact: 'groups', operator: 'contains', value: 'admins' }] }
    const inLab = { all: [{ fact: 'groups.lab', operator: 'contains', value: 'admins' }] }
    const rights = { rights: ['otp-sms'] }
    expect((await decideFor(about, provision('a', rights, { conditions: inGroup }))).rights).toEqual([])
    expect((await decideFor(about, provision('a', rights, { target: 'groups eq "admins"' }))).rights).toEqual(
      [],
    )
    expect((await decideFor(about, provision('a', rights, { conditions: inLab }))).rights).toHaveLength(1)
  })

  it('takes candidates from the first path that yields a usable address', async () => {
    const [landline, german, french] = [
      mobile('030 1234', { type: 'work', unusable: 'landline', country: null, key: null }),
      mobile('+491510000001', { type: 'home' }),
      mobile('+33612345642', { country: 'FR' }),
    ]
    const enroll = (from: unknown) =>
      provision(
        'a',
        { enroll: [{ factor: 'otp-sms', from, take: 'first', max: 2, onChange: 'hold' }] },
        { priority: 7 },
      )
    const about = identity({ addresses: [landline, german, french, mailbox('a@x.org')] })
    const { wishes, unusable } = await decideFor(
      about,
      enroll([
        'phoneNumbers[type eq "work"]',
        'phoneNumbers[country eq "fr" and type eq "mobile"]',
        'phoneNumbers',
      ]),
    )
    expect(wishes).toEqual([
      {
        policy: 'a',
        priority: 7,
        factor: 'otp-sms',
        attribute: 'phoneNumbers',
        candidates: [french],
        take: 'first',
        max: 2,
        onChange: 'hold',
        onUnmatch: 'suspend',
        proof: 'asserted',
        reenroll: false,
      },
    ])
    expect(unusable).toEqual([
      { factor: 'otp-sms', attribute: 'phoneNumbers', source: 'corp', value: '030 1234', reason: 'landline' },
    ])
    expect((await decideFor(about, enroll('phoneNumbers.value'))).wishes[0]?.candidates).toEqual([
      german,
      french,
    ])
    expect((await decideFor(about, enroll('phoneNumbers[value sw "+1"]'))).wishes[0]?.candidates).toEqual([])
  })

  it('reports unusable values of wanted factors only', async () => {
    const about = identity({
      addresses: [mailbox('not a mailbox', { unusable: 'malformed-mailbox', key: null })],
    })
    const sms = provision('a', { enroll: [{ factor: 'otp-sms', from: 'phoneNumbers' }] })
    const email = provision('b', { enroll: [{ factor: 'otp-email', from: 'emails[primary eq true]' }] })
    expect((await decideFor(about, sms)).unusable).toEqual([])
    expect((await decideFor(about, sms, email)).unusable).toMatchObject([{ reason: 'malformed-mailbox' }])
  })

  it('counts usable addresses and reads values as normalised', async () => {
    const about = identity({
      addresses: [
        mobile('+491510000001'),
        mobile('+491510000001', { source: 'hr' }),
        mobile('12', { unusable: 'not-a-number' }),
      ],
    })
    const conditions = {
      all: [
        { fact: 'usable.otp-sms', operator: 'equal', value: 1 },
        { fact: 'phoneNumbers.mobile', operator: 'someFact:startsWith', value: '+49' },
        { fact: 'usable.otp-email', operator: 'lessThan', value: 1 },
      ],
    }
    expect(
      (await decideFor(about, provision('a', { rights: ['otp-sms'] }, { conditions }))).rights,
    ).toHaveLength(1)
  })

  it('says when time alone could change it: for enforced policies that the target lets in', async () => {
    const about = identity({
      attributes: {
        'urn:muster:scim:schemas:extension:2.0:User': { endDate: '2026-12-31', startDate: '2026-11-01' },
      },
    })
    const timed = (more: Json) =>
      provision(
        'a',
        { rights: ['otp-sms'] },
        { conditions: { all: [{ fact: 'endDate', operator: 'after', value: 'now' }] }, ...more },
      )
    const reviewAt = async (more: Json) => (await decideFor(about, timed(more))).reviewAt
    expect(await reviewAt({})).toBe('2026-12-30T23:00:00.000Z')
    expect(await reviewAt({ mode: 'shadow' })).toBeNull()
    expect(await reviewAt({ target: 'active eq false' })).toBeNull()
    const two = [
      timed({}),
      timed({ id: 'b', conditions: { all: [{ fact: 'startDate', operator: 'withinDays', value: 30 }] } }),
    ]
    expect((await decideFor(about, ...two)).reviewAt).toBe('2026-12-01T23:00:00.000Z')
  })

  it('decides many as it decides each, in their order, when batches overlap too', async () => {
    const set = compile([
      provision(
        'a',
        { rights: ['otp-sms'] },
        {
          conditions: {
            any: [
              { fact: 'title', operator: 'equal', value: 'x' },
              { fact: 'department', operator: 'absent', value: true },
            ],
          },
        },
      ),
      deny('d', {}),
    ])
    const people = Array.from({ length: 50 }, (_, index) =>
      identity({ id: `person-${index}`, attributes: { title: index % 2 === 0 ? 'x' : 'y' } }),
    )
    const batches = await Promise.all([
      decideBatch(people, set, now),
      decideBatch(people.toReversed(), set, now),
    ])
    const alone = await Promise.all(people.map((person) => decide(person, set, now)))
    expect(batches[0]).toEqual(alone)
    expect(batches[1]).toEqual(alone.toReversed())
    expect(await decideBatch([], set, now)).toEqual([])
  })
})

describe('explainDecision', () => {
  it('gives every policy with what each of its comparisons found', async () => {
    const conditions = { any: [{ condition: 'sales' }, { fact: 'title', operator: 'present', value: true }] }
    const sales = {
      id: 'sales',
      conditions: { all: [{ fact: 'department', operator: 'equal', value: 'Sales' }] },
    }
    const set = compile(
      [
        provision('a', { rights: ['otp-sms'] }, { conditions, target: 'active eq false', priority: 3 }),
        provision('b', { rights: ['otp-sms'] }, { conditions, mode: 'shadow', priority: 2 }),
        provision('c', { rights: ['otp-sms'] }, { conditions, mode: 'off' }),
      ],
      [sales],
    )
    const about = identity({ attributes: { title: 'Chief' } })
    const explained = await explainDecision(about, set, now)
    const found = [
      { fact: 'department', operator: 'equal', value: 'Sales', actual: null, result: false },
      { fact: 'title', operator: 'present', value: true, actual: 'Chief', result: true },
    ]
    expect(explained.reasons).toEqual([
      { policy: 'a', mode: 'enforce', target: false, matched: false, conditions: found },
      { policy: 'b', mode: 'shadow', target: true, matched: true, conditions: found },
      { policy: 'c', mode: 'off', target: null, matched: false, conditions: [] },
    ])
    const { reasons, ...decision } = explained
    expect(reasons).toHaveLength(3)
    expect(decision).toEqual(await decide(about, set, now))
    expect(decision.rights).toEqual([])
  })
})
