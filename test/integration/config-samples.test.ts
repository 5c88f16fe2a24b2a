import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { normaliseAddresses } from '../../application/normalise-address.ts'
import type { Configuration } from '../../config/configuration.ts'
import { loadConfiguration } from '../../config/load-configuration.ts'
import { sourceConnectors } from '../../connectors/registry.ts'
import { startDirectory } from '../../directory/start-directory.ts'
import { unusableReasons } from '../../domain/address.ts'
import { type Attributes, enterpriseUrn } from '../../domain/attributes.ts'
import { chooseAddresses } from '../../domain/choose-addresses.ts'
import { correlationKeys } from '../../domain/correlate.ts'
import type { Decision, IdentityFacts } from '../../domain/decision.ts'
import { mergeRecords } from '../../domain/merge-records.ts'
import type { ReadOutcome, SourceRow } from '../../domain/source-row.ts'
import { compilePolicySet } from '../../policies/decide/compile-policy-set.ts'
import { decideBatch } from '../../policies/decide/decide.ts'
import { explainDecision } from '../../policies/decide/explain-decision.ts'
import { loadPolicyFolder } from '../../policies/load/load-policy-folder.ts'

/** The sample is data that ages; the test looks at it on one day. */
const now = new Date('2026-11-25T12:00:00Z')

interface SampleRead {
  readonly rows: readonly SourceRow[]
  readonly outcome: ReadOutcome
}

let configuration: Configuration
let corp: SampleRead
let hr: SampleRead

beforeAll(async () => {
  const file = fileURLToPath(new URL('../../samples/muster.yaml', import.meta.url))
  const loaded = await loadConfiguration({ file, env: {} })
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
  configuration = loaded.configuration
  corp = await readCorp()
  hr = await readHr()
})

async function readCorp(): Promise<SampleRead> {
  const settings = configuration.sources['corp']?.settings.reveal()
  const sample = configuration.sample?.directory
  if (settings?.type !== 'ldap' || sample === undefined) throw new Error('the sample has no directory')
  const { dn, password } = settings.bind
  if (typeof password !== 'string') throw new Error('the password of the sample is no text')
  const ldif = await readFile(sample.ldif, 'utf8')
  const directory = await startDirectory({ ldif, bindDn: dn, bindPassword: password })
  try {
    return await readWholly(sourceConnectors.ldap.open({ ...settings, urls: [directory.url] }, openOptions()))
  } finally {
    await directory.close()
  }
}

async function readHr(): Promise<SampleRead> {
  const settings = configuration.sources['hr']?.settings.reveal()
  if (settings?.type !== 'csv') throw new Error('the sample has no HR export')
  return readWholly(sourceConnectors.csv.open(settings, openOptions()))
}

function openOptions() {
  return { customAttributes: configuration.attributes, folder: dirname(configuration.file), clock: () => now }
}

async function readWholly(source: ReturnType<typeof sourceConnectors.csv.open>): Promise<SampleRead> {
  const rows: SourceRow[] = []
  const batches = source.readAll({ signal: AbortSignal.timeout(30_000) })
  for (;;) {
    const step = await batches.next()
    if (step.done === true) return { rows, outcome: step.value }
    rows.push(...step.value)
  }
}

/** Records of one employee number are one person here: what the store does with the same rule. */
function mergePeople(): readonly IdentityFacts[] {
  const records = [
    ...corp.rows.map((row) => ({ ...row, source: 'corp', missing: false })),
    ...hr.rows.map((row) => ({ ...row, source: 'hr', missing: false })),
  ]
  const people = new Map<string, typeof records>()
  for (const record of records)
    people.set(personOf(record), [...(people.get(personOf(record)) ?? []), record])
  return [...people].map(([id, own]) => {
    const { precedence } = configuration
    const merged = mergeRecords(own, { precedence, deciding: new Set(['corp', 'hr']) })
    const addresses = normaliseAddresses(merged.attributes, {
      countryOf: (source) => own.find((record) => record.source === source)?.country ?? null,
      countries: new Set(configuration.countries),
    })
    return { ...merged, id, addresses }
  })
}

function personOf(row: { readonly externalId: string; readonly attributes: Attributes }): string {
  return row.attributes[enterpriseUrn]?.employeeNumber ?? row.externalId
}

async function compileSample() {
  const groupSources = configuration.groupsFrom
  const { timeZone, attributes: customAttributes } = configuration
  const checked = await loadPolicyFolder(configuration.policies, {
    customAttributes,
    sources: Object.keys(configuration.sources),
  })
  if (!checked.ok) throw new Error(checked.faults.map(({ message }) => message).join('\n'))
  const settings = { timeZone, customAttributes, groupsFrom: groupSources }
  return compilePolicySet({ ...checked, id: 'sha256:sample', settings })
}

describe('the sample organization', () => {
  it('is read wholly from both sources, without a problem', () => {
    expect(corp.outcome).toMatchObject({ complete: true, entries: 144, problemCount: 0 })
    expect(corp.outcome.groups).toMatchObject({ complete: true, unresolvedMembers: 0 })
    expect(hr.outcome).toMatchObject({ complete: true, entries: 75, problemCount: 0 })
  })

  it('has people in both sources, in one of them, switched off, and with an end to come', () => {
    const people = mergePeople()
    const count = (test: (person: IdentityFacts) => boolean) => people.filter(test).length
    expect(people).toHaveLength(163)
    expect(count(({ sources }) => sources.length === 2)).toBe(56)
    expect(count(({ sources }) => sources.join() === 'hr')).toBe(19)
    expect(count(({ active }) => !active)).toBe(8)
    expect(corp.rows.filter(({ inactiveFrom }) => inactiveFrom !== null)).toHaveLength(12)
    expect(count(({ addresses }) => addresses.length === 0)).toBe(3)
  })

  it('has group members by nesting alone, and names outside ASCII', () => {
    const staff = corp.rows.filter(({ groups }) => groups?.includes('staff'))
    expect(staff).toHaveLength(114)
    expect(corp.rows.some(({ groups }) => groups?.includes('Führungskreis'))).toBe(true)
    expect(corp.rows.some(({ attributes }) => /[^\p{ASCII}]/u.test(attributes.displayName ?? ''))).toBe(true)
  })

  it('has two people on one number, and an HR row that two people could be', () => {
    const owners = new Map<string, Set<string>>()
    for (const { id, addresses } of mergePeople())
      for (const { key, factor } of addresses)
        if (key !== null && factor === 'otp-sms') owners.set(key, (owners.get(key) ?? new Set()).add(id))
    expect([...owners.values()].some((ids) => ids.size === 2)).toBe(true)

    const desk = hr.rows.find(({ externalId }) => externalId === 'P-4190')
    const [key] = correlationKeys(desk?.attributes ?? {}, configuration.sources['hr']?.correlate ?? [])
    const couldBe = corp.rows.filter(({ attributes }) =>
      correlationKeys(attributes, ['emails']).some((other) => other.key === key?.key),
    )
    expect(couldBe).toHaveLength(2)
  })
})

describe('the sample policies, asked about the sample organization', () => {
  it('meet every reason why a value cannot be used', async () => {
    const people = mergePeople()
    const decisions = await decideBatch(people, await compileSample(), now)
    const reasons = new Set<string>(decisions.flatMap(({ unusable }) => unusable.map(({ reason }) => reason)))
    const leftOut = decisions.some(({ wishes }) =>
      wishes.some((wish) => chooseAddresses(wish, new Set()).overLimit.length > 0),
    )
    if (leftOut) reasons.add('over-limit')
    expect([...reasons].sort()).toEqual([...unusableReasons].sort())
  })

  it('grant, deny, limit to clients, ask for proof and come due by time', async () => {
    const decisions = await decideBatch(mergePeople(), await compileSample(), now)
    const some = (test: (decision: Decision) => boolean) => decisions.filter(test).length
    const spokenBy = new Set(decisions.flatMap(({ rights }) => rights.flatMap(({ by }) => by)))
    expect([...spokenBy].sort()).toEqual([
      'contractors-until-their-end',
      'email-for-staff',
      'onboarding',
      'sms-for-mobile-workers',
    ])
    const right = (factor: string) =>
      some(({ rights }) => rights.some((r) => r.factor === factor && r.granted))
    expect(right('otp-email')).toBeGreaterThan(100)
    expect(right('otp-sms')).toBeGreaterThan(60)
    expect(
      some(({ rights }) => rights.some(({ by, deniedBy }) => by.length > 0 && deniedBy.length > 0)),
    ).toBe(6)
    expect(some(({ rights }) => rights.some(({ clients }) => clients?.includes('timesheet') === true))).toBe(
      12,
    )
    expect(some(({ wishes }) => wishes.some(({ proof }) => proof === 'required'))).toBe(12)
    const isClaimed = ({ wishes }: Decision) =>
      wishes.some(({ candidates }) => candidates.some(({ trust }) => trust === 'claimed'))
    expect(some(isClaimed)).toBeGreaterThanOrEqual(2)
    expect(some(({ reviewAt }) => reviewAt !== null)).toBeGreaterThan(12)
  })

  it('show in shadow mode whom a trial would reach, and give nothing', async () => {
    const set = await compileSample()
    const explained = await Promise.all(mergePeople().map((person) => explainDecision(person, set, now)))
    const reached = explained.filter(({ reasons }) =>
      reasons.some(
        ({ policy, mode, matched }) => policy === 'sms-for-finance-trial' && mode === 'shadow' && matched,
      ),
    )
    expect(reached.length).toBeGreaterThan(3)
    expect(reached.every(({ wishes }) => wishes.every(({ factor }) => factor === 'otp-email'))).toBe(true)
  })
})
