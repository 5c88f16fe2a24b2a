/**
 * Identities decided in a second of CPU, for sets of 5, 20, 50 and 200 policies, beside a bare loop over json-rules-engine
 * with the same operators. The loop is flattered: it gets its facts ready-made, evaluates no targets, and produces
 * neither addresses nor reviewAt. Both are measured in turns, and ours starts every round
 * without an answer remembered.
 */
import { Engine, type RuleProperties, type TopLevelCondition } from 'json-rules-engine'
import type { Address } from '../domain/address.ts'
import { enterpriseUrn, musterUrn } from '../domain/attributes.ts'
import type { IdentityFacts } from '../domain/decision.ts'
import { openCalendar } from '../policies/calendar.ts'
import { compilePolicySet } from '../policies/decide/compile-policy-set.ts'
import { decideBatch } from '../policies/decide/decide.ts'
import { createFactTable } from '../policies/facts/fact-table.ts'
import { checkPolicySet } from '../policies/load/check-policy-set.ts'
import { createMoment } from '../policies/moment.ts'
import { answer, decorators } from '../policies/operators/decorators.ts'
import { operators } from '../policies/operators/operator-table.ts'
import type { PolicyDocument } from '../policies/policy-schema.ts'

const settings = { timeZone: 'Europe/Berlin', customAttributes: {}, groupsFrom: null }
const now = new Date('2026-11-25T10:30:00Z')
const population = 50_000
/** As many as an activity decides at once. */
const batch = 5_000
const rounds = 7

const departments = ['Field Service', 'Sales', 'Finance', 'IT', 'Legal', 'Logistics', 'Research', 'HR']
const factNames = [
  ...['department', 'userType', 'title', 'groups', 'emails', 'emails.work', 'phoneNumbers.mobile'],
  ...['dn', 'startDate', 'endDate', 'usable.otp-sms', 'sources'],
]

const identities = Array.from({ length: population }, (_, index) => makeIdentity(index))
const batches = Array.from({ length: population / batch }, (_, index) =>
  identities.slice(index * batch, (index + 1) * batch),
)
for (const count of [5, 20, 50, 200]) await measure(count)

async function measure(count: number): Promise<void> {
  const documents = makeDocuments(count)
  const bare = makeBareEngine(documents)
  const table = createFactTable(settings)
  const bareSample = Math.max(50, Math.round(8000 / count))
  const facts = identities.slice(0, bareSample).map((identity) => {
    const entries = factNames.map((name) => [name, table.find(name)?.read(identity)])
    return Object.fromEntries(entries) as Record<string, unknown>
  })
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const set = compilePolicySet({ id: 'sha256:bench', documents, conditions: [], settings })
    ours.push(
      await rate(population, async () => {
        for (const each of batches) await decideBatch(each, set, now)
      }),
    )
    theirs.push(
      await rate(bareSample, async () => {
        for (const each of facts) await bare.run(each)
      }),
    )
  }
  const ratios = ours.map((each, round) => each / (theirs[round] ?? Number.NaN))
  console.log(
    [
      `${String(count).padStart(3)} policies:`,
      `muster ${format(median(ours))}/s`,
      `bare json-rules-engine ${format(median(theirs))}/s`,
      `ratio ${median(ratios).toFixed(1)} (${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)})`,
    ].join('  '),
  )
}

/** By CPU time, garbage collection included: other work on the machine then disturbs neither side. */
async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (count * 1_000_000) / (user + system)
}

function makeBareEngine(documents: readonly PolicyDocument[]): Engine {
  const moment = createMoment(now, openCalendar(settings.timeZone))
  const rules = documents.map(
    ({ conditions, event }): RuleProperties => ({ conditions: conditions as TopLevelCondition, event }),
  )
  const engine = new Engine(rules, { allowUndefinedFacts: true })
  for (const [name, operator] of operators) {
    engine.addOperator(name, (left: unknown, right: unknown) => answer(operator, left, right, moment))
  }
  for (const [name, { apply }] of decorators) {
    engine.addOperatorDecorator(name, (left: unknown, right: unknown, next) => apply(left, right, next))
  }
  return engine
}

/** Ten shapes of policy, each time with other values, so that few comparisons are shared. */
function makeDocuments(count: number): readonly PolicyDocument[] {
  const files = Array.from({ length: count }, (_, index) => ({
    file: `${index}.json`,
    text: JSON.stringify(makeDocument(index)),
  }))
  const checked = checkPolicySet(files, [], { customAttributes: {} })
  if (!checked.ok) throw new Error(checked.faults.map(({ message }) => message).join('\n'))
  return checked.documents
}

function makeDocument(index: number) {
  const variant = Math.floor(index / 10)
  const department = departments[(index + variant) % departments.length]
  const other = departments[(index + variant + 3) % departments.length]
  const fact = (name: string, operator: string, value: unknown) => ({ fact: name, operator, value })
  const shapes = [
    { all: [fact('department', 'in', [department, other]), fact('startDate', 'withinDays', 14 + variant)] },
    {
      all: [
        fact('emails', 'someFact:endsWith', `@d${variant}.example.com`),
        fact('userType', 'equal', 'employee'),
      ],
    },
    { all: [fact('dn', 'under', `ou=unit${variant},ou=people,dc=example,dc=com`)] },
    {
      all: [
        fact('department', 'equal', department),
        {
          any: [
            fact('groups', 'contains', `team-${variant}`),
            fact('startDate', 'after', `now-P${30 + variant}D`),
          ],
        },
      ],
    },
    { any: [fact('endDate', 'absent', true), fact('endDate', 'after', `now+P${variant + 1}D`)] },
    {
      all: [
        fact('title', 'startsWith', 'Senior'),
        fact('groups', 'containsAny', [`team-${variant}`, 'admins']),
      ],
    },
    {
      all: [
        fact('phoneNumbers.mobile', 'someFact:startsWith', '+49'),
        fact('usable.otp-sms', 'greaterThan', 0),
      ],
    },
    { not: { any: [fact('userType', 'equal', 'service'), fact('department', 'in', [other])] } },
    { all: [fact('title', 'matches', `^(Senior|Lead) .*${variant}$`), fact('sources', 'contains', 'hr')] },
    {
      all: [fact('emails.work', 'someFact:ignoreCase:endsWith', '@EXAMPLE.COM'), fact('dn', 'present', true)],
    },
  ]
  const enroll =
    index % 2 === 0
      ? { factor: 'otp-sms', from: 'phoneNumbers[type eq "mobile"]', take: 'all', max: 2 }
      : { factor: 'otp-email', from: ['emails[type eq "work"]', 'emails'], take: 'primary' }
  return {
    id: `policy-${index}`,
    target: index % 3 === 0 ? 'active eq true' : 'active eq true and userType ne "service"',
    conditions: shapes[index % shapes.length],
    event: { type: 'provision', params: { rights: [enroll.factor], enroll: [enroll] } },
  }
}

function makeIdentity(index: number): IdentityFacts {
  // A small generator of our own: the same population on every run.
  let state = index * 2654435761 + 1
  const pick = (count: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
  const unit = pick(20)
  const day = (offset: number) => new Date(now.getTime() + offset * 86_400_000).toISOString().slice(0, 10)
  return {
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    active: pick(20) > 0,
    attributes: {
      userName: `user${index}`,
      displayName: `Person ${index}`,
      title: `${['Senior', 'Lead', 'Junior'][pick(3)]} Engineer ${pick(20)}`,
      userType: ['employee', 'employee', 'contractor', 'service'][pick(4)] ?? 'employee',
      groups: Array.from({ length: pick(5) }, () => ({ value: `team-${pick(20)}`, source: 'corp' })),
      [enterpriseUrn]: {
        department: departments[pick(departments.length)] ?? 'IT',
        employeeNumber: String(index),
      },
      [musterUrn]: {
        startDate: day(pick(4000) - 3950),
        ...(pick(4) === 0 ? { endDate: day(pick(400) - 30) } : {}),
        dn: `uid=user${index},ou=unit${unit},ou=people,dc=example,dc=com`,
      },
    },
    addresses: makeAddresses(index, unit, pick),
    sources: pick(3) === 0 ? ['corp', 'hr'] : ['corp'],
  }
}

function makeAddresses(index: number, unit: number, pick: (count: number) => number): readonly Address[] {
  const mailbox = `user${index}@${pick(2) === 0 ? 'example.com' : `d${unit}.example.com`}`
  const common = { primary: true, source: 'corp', trust: 'asserted', unusable: null } as const
  const email: Address = {
    ...{ ...common, factor: 'otp-email', attribute: 'emails', value: mailbox, key: mailbox },
    ...{ type: 'work', country: null, lineType: null },
  }
  const number = `+49151${String(10_000_000 + index)}`
  const mobile: Address = {
    ...{ ...common, factor: 'otp-sms', attribute: 'phoneNumbers', value: number, key: number },
    ...{ type: 'mobile', country: 'DE', lineType: 'mobile' },
  }
  return pick(4) === 0 ? [email] : [email, mobile]
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

function format(value: number): string {
  return Math.round(value).toLocaleString('en').padStart(9)
}
