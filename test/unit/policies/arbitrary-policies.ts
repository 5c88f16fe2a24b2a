import fc from 'fast-check'
import type { Address } from '../../../domain/address.ts'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import type { IdentityFacts } from '../../../domain/decision.ts'
import type { Condition } from '../../../policies/condition.ts'
import type { PolicyDocument } from '../../../policies/policy-schema.ts'
import { mailbox, mobile } from './sample-identity.ts'

/** Few values each, so that comparisons hold about as often as not. */
const words = fc.constantFrom('Sales', 'sales', 'Field', 'x')
const days = fc
  .integer({ min: -40, max: 40 })
  .map((offset) => new Date(base + offset * 86_400_000).toISOString())
const base = Date.parse('2026-10-24T10:30:00Z')
const dates = fc.oneof(
  days.map((date) => date.slice(0, 10)),
  days,
)

const comparison: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    fact: fc.constantFrom('title', 'department', 'custom.badge'),
    operator: fc.constantFrom(
      'equal',
      'notEqual',
      'startsWith',
      'ignoreCase:equal',
      'not:endsWith',
      'present',
    ),
    value: words,
  }),
  fc.record({
    fact: fc.constantFrom('title', 'department'),
    operator: fc.constantFrom('in', 'notIn', 'someValue:startsWith', 'everyValue:equal', 'not:in'),
    value: fc.array(words, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    fact: fc.constantFrom('groups', 'emails', 'custom.skills', 'sources'),
    operator: fc.constantFrom('contains', 'doesNotContain', 'someFact:equal', 'everyFact:notEqual', 'absent'),
    value: fc.oneof(words, fc.constantFrom('hr', 'a@x.org')),
  }),
  fc.record({
    fact: fc.constantFrom('startDate', 'endDate'),
    operator: fc.constantFrom('before', 'after', 'not:before'),
    value: fc.oneof(
      dates,
      fc.constantFrom('now', 'now-P14D', 'now+P1M', 'now-PT6H', { fact: 'custom.certifiedUntil' }),
    ),
  }),
  fc.record({
    fact: fc.constantFrom('startDate', 'custom.certifiedUntil'),
    operator: fc.constantFrom('withinDays', 'not:withinDays'),
    value: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant({ from: -3, to: 10 })),
  }),
  fc.record({
    fact: fc.constant('custom.reviews'),
    operator: fc.constantFrom('someFact:withinDays', 'everyFact:withinDays'),
    value: fc.integer({ min: 0, max: 20 }),
  }),
)

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    comparison,
    fc.array(tie('condition'), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('condition').map((not) => ({ not })),
    fc.constant({ condition: 'shared' }),
  ),
}))

const root = fc.oneof(
  fc.array(condition, { maxLength: 3 }).map((all) => ({ all })),
  fc.array(condition, { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
  condition.map((not) => ({ not })),
)

/** The named condition that generated policies refer to. */
export const shared = {
  id: 'shared',
  conditions: {
    any: [
      { fact: 'title', operator: 'equal', value: 'Sales' },
      { fact: 'startDate', operator: 'withinDays', value: 7 },
    ],
  },
}

/** Provisions rights for its own client, so that a decision shows which policies matched. */
export const policies: fc.Arbitrary<readonly PolicyDocument[]> = fc
  .array(
    fc.record({
      conditions: root,
      priority: fc.integer({ min: 1, max: 3 }),
      target: fc.option(fc.constantFrom('active eq true', 'title ne "x"', 'startDate gt "2026-10-24"'), {
        nil: undefined,
      }),
      mode: fc.constantFrom('enforce', 'enforce', 'enforce', 'shadow', 'off'),
      deny: fc.boolean(),
      take: fc.constantFrom('all', 'first'),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((drafts) =>
    drafts.map(({ deny, take, target, ...draft }, index) => makePolicy(index, deny, take, target, draft)),
  )

function makePolicy(
  index: number,
  deny: boolean,
  take: 'all' | 'first',
  target: string | undefined,
  draft: Pick<PolicyDocument, 'conditions' | 'priority' | 'mode'>,
): PolicyDocument {
  const id = `p${index}`
  const wanted = {
    max: undefined,
    onChange: 'replace',
    onUnmatch: 'suspend',
    proof: 'asserted',
    reenroll: false,
  } as const
  const enroll = [{ factor: 'otp-sms' as const, from: 'phoneNumbers[type eq "mobile"]', take, ...wanted }]
  const event = deny
    ? { type: 'deny' as const, params: { rights: ['otp-email' as const], reason: 'r', overridable: false } }
    : {
        type: 'provision' as const,
        params: { rights: [{ factor: 'otp-sms' as const, clients: [id] }], enroll },
      }
  return { id, ...draft, ...(target === undefined ? {} : { target }), event }
}

const addresses: fc.Arbitrary<readonly Address[]> = fc.subarray([
  mobile('+491510000001'),
  mobile('+491510000002', { type: 'work' }),
  mobile('12', { unusable: 'not-a-number', key: null, country: null }),
  mailbox('a@x.org'),
])

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

export const identities: fc.Arbitrary<IdentityFacts> = fc
  .record({
    active: fc.boolean(),
    title: optional(words),
    department: optional(words),
    badge: optional(words),
    skills: fc.array(words, { maxLength: 2 }),
    reviews: fc.array(dates, { maxLength: 2 }),
    groups: fc.array(words, { maxLength: 2 }),
    startDate: optional(dates),
    endDate: optional(dates),
    certifiedUntil: optional(dates),
    addresses,
    sources: fc.constantFrom(['corp'], ['corp', 'hr']),
  })
  .map(
    ({
      active,
      title,
      department,
      badge,
      skills,
      reviews,
      groups,
      startDate,
      endDate,
      certifiedUntil,
      ...rest
    }) => ({
      id: 'someone',
      active,
      attributes: {
        ...defined({ title }),
        groups: groups.map((value) => ({ value, source: 'corp' })),
        [enterpriseUrn]: defined({ department }),
        [musterUrn]: {
          ...defined({ startDate, endDate }),
          custom: { skills, reviews, ...defined({ badge, certifiedUntil }) },
        },
      },
      ...rest,
    }),
  )

function defined<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Record<
    string,
    T
  >
}
