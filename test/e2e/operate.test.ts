import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditEventView } from '../../domain/audit-view.ts'
import type { IdentityView, ListedEnrollment } from '../../domain/identity-view.ts'
import type { Run } from '../../domain/run.ts'
import {
  endForGood,
  interrupt,
  makeFolder,
  muster,
  musterJson,
  startReady,
  type Up,
  waitFor,
} from './muster-program.ts'
import { ask } from './stack-tables.ts'

/** One stack with the sample organization, operated from other terminals. */
const folder = makeFolder()
const place = { data: join(folder.path, 'data') }
let up: Up | undefined

beforeAll(async () => {
  up = await startReady(place)
})
afterAll(async () => {
  if (up !== undefined) await interrupt(up).catch(() => undefined)
  await endForGood(up)
  folder.remove()
})

const show = (who: string): Promise<IdentityView> => musterJson(place, ['identities', 'show', who])
const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** The drain works in the background: what it must come to is waited for. */
async function nothingIsDue(): Promise<void> {
  await waitFor('nothing to be due', async () => {
    const sql = 'select count(*)::int as due from identity_states where due_at is not null'
    return (await ask<{ due: number }>(place, sql))[0]?.due === 0
  })
}

/** Somebody with the right by a policy and a usable address. */
async function findExample(): Promise<IdentityView> {
  const { identities } = await musterJson(place, ['identities', 'list', '--limit', '0'])
  const found = identities.find(
    ({ rights, enrollments }: IdentityView) =>
      rights.some(({ factor, effective }) => factor === 'otp-sms' && effective) &&
      enrollments.some(({ factor, usable }) => factor === 'otp-sms' && usable),
  )
  if (found === undefined) throw new Error('Nobody of the sample organization has a code by SMS.')
  return found
}

test('status, sources and runs say how everything stands', async () => {
  const [status, sources, source, runs] = await Promise.all([
    musterJson(place, ['status']),
    musterJson(place, ['sources']),
    musterJson(place, ['sources', 'show', 'hr']),
    musterJson(place, ['runs', '--source', 'corp']),
  ])
  expect(status).toMatchObject({
    due: { total: 0, oldest: null },
    held: { total: 0, runs: [] },
    policySet: { id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    temporal: { queue: { backlog: 0 } },
    versions: { muster: expect.any(String), postgres: expect.any(String) },
  })
  expect(status.identities.total).toBeGreaterThan(status.identities.active)
  expect(sources.sources).toMatchObject([
    { name: 'corp', type: 'ldap', state: 'proved', lastProvedAt: expect.stringMatching(time) },
    { name: 'hr', type: 'csv', state: 'proved', records: { notLinked: 1 } },
    { name: 'partners', type: 'scim', state: 'never-read', lastProvedAt: null, connection: { people: 0 } },
  ])
  // The sample has one record of HR that fits two people of the directory.
  expect(source.notLinked).toEqual([
    {
      externalId: expect.any(String),
      fault: expect.stringContaining('ambiguous'),
      changedAt: expect.stringMatching(time),
    },
  ])
  expect(runs.runs).toMatchObject([{ source: 'corp', kind: 'full', status: 'completed' }])
  const [run]: readonly Run[] = runs.runs
  expect(await musterJson(place, ['runs', 'show', run?.id ?? ''])).toEqual(run)
})

test('identities are listed by a SCIM filter, and one is shown whole, with addresses masked', async () => {
  const filter = 'userType eq "employee" and phoneNumbers[type eq "mobile"]'
  const { total, identities } = await musterJson(place, [
    'identities',
    'list',
    '--filter',
    filter,
    '--limit',
    '5',
  ])
  expect(total).toBeGreaterThan(5)
  expect(identities).toHaveLength(5)
  const { id, userName } = await findExample()
  const identity = await show(userName ?? '')
  expect(identity).toMatchObject({ id: expect.stringMatching(uuid), userName, active: true, reviewAt: null })
  expect(identity.records[0]).toMatchObject({
    source: 'corp',
    seenAt: expect.stringMatching(time),
    missingSince: null,
  })
  const record = `corp:${identity.records[0]?.externalId}`
  expect(await show(record)).toEqual(identity)
  expect(await show(id)).toEqual(identity)
  expect(identity.enrollments.map(({ address }) => address).join()).toContain('•')
})

test('a decision says what each policy found, without changing anything', async () => {
  const { id, userName, rights } = await findExample()
  const decision = await musterJson(place, ['policies', 'decide', '--who', userName ?? ''])
  expect(decision).toMatchObject({ identity: id, policySet: expect.stringMatching(/^sha256:/) })
  const granted = (list: readonly { factor: string; granted?: boolean; effective?: boolean }[]) =>
    list
      .flatMap(({ factor, granted: isGranted, effective }) => (isGranted || effective ? [factor] : []))
      .toSorted()
  expect(granted(decision.rights)).toEqual(granted(rights))
  const provision = decision.reasons.find(({ matched }: { matched: boolean }) => matched)
  expect(provision.conditions[0]).toMatchObject({
    fact: expect.any(String),
    operator: expect.any(String),
    result: true,
  })
  expect(await show(id)).toEqual(await show(userName ?? ''))
})

test('a denial by hand makes the addresses unusable, a clear brings them back, a grant survives a run', async () => {
  const { id } = await findExample()
  const usable = async () => {
    const { enrollments } = await show(id)
    return enrollments.some((one) => one.factor === 'otp-sms' && one.usable)
  }
  const denied = await musterJson(place, ['rights', 'deny', id, 'otp-sms', '--reason', 'lost the phone'])
  expect(denied).toMatchObject({
    factor: 'otp-sms',
    effective: false,
    denials: [{ reason: 'lost the phone' }],
  })
  await nothingIsDue()
  expect(await usable()).toBe(false)
  expect(await musterJson(place, ['rights', 'clear', id, 'otp-sms'])).toMatchObject({
    effective: true,
    denials: [],
  })
  await nothingIsDue()
  expect(await usable()).toBe(true)
  const granted = await musterJson(place, ['rights', 'grant', id, 'otp-sms', '--until', '7d'])
  expect(granted.origins.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(['manual', 'policy'])
  expect(await musterJson(place, ['reconcile', 'corp', '--wait'])).toMatchObject({ status: 'completed' })
  const { rights } = await show(id)
  expect(rights.find(({ factor }) => factor === 'otp-sms')?.origins).toHaveLength(2)
})

test('an address is enrolled, disabled, enabled and removed by an administrator', async () => {
  const { id } = await findExample()
  await musterJson(place, ['rights', 'grant', id, 'otp-email'])
  const added: ListedEnrollment = await musterJson(place, [
    'enrollments',
    'add',
    id,
    'otp-email',
    'desk@example.org',
  ])
  expect(added).toMatchObject({
    factor: 'otp-email',
    address: expect.not.stringContaining('desk@'),
    status: 'active',
    usable: true,
    proof: 'attested',
    origins: [{ kind: 'admin' }],
    identity: { id },
  })
  const change = (verb: string) => musterJson(place, ['enrollments', verb, added.id])
  expect(await change('disable')).toMatchObject({ status: 'disabled', usable: false })
  expect(await change('enable')).toMatchObject({ status: 'active', usable: true })
  const before = await musterJson(place, ['enrollments', '--who', id])
  expect(before.enrollments.map((one: ListedEnrollment) => one.id)).toContain(added.id)
  await change('remove')
  await nothingIsDue()
  const after = await musterJson(place, ['enrollments', '--who', id])
  expect(after.enrollments.map((one: ListedEnrollment) => one.id)).not.toContain(added.id)
  const file = join(folder.path, 'enrollments.csv')
  const { total } = await musterJson(place, ['enrollments', '--csv', file])
  // A header line, then one line each.
  expect(readFileSync(file, 'utf8').trimEnd().split('\r\n')).toHaveLength(total + 1)
})

test('the audit trail says who did what on whom, one document a line', async () => {
  const { id } = await findExample()
  const { exitCode, out } = await muster(place, 'audit', '--who', id, '--since', '1h', '--json')
  expect(exitCode).toBe(0)
  const events = out
    .trimEnd()
    .split('\n')
    .map((line): AuditEventView => JSON.parse(line))
  const byHand = events.filter(({ actor }) => actor.kind === 'admin')
  expect(byHand.length).toBeGreaterThanOrEqual(7)
  expect(byHand.at(-1)).toMatchObject({
    identity: id,
    reason: 'lost the phone',
    at: expect.stringMatching(time),
  })
  expect(out).not.toContain('desk@example.org')
})

test('a source is read on request, and unchanged people have no effect', async () => {
  const run: Run = await musterJson(place, ['reconcile', 'corp', '--wait'])
  expect(run).toMatchObject({
    source: 'corp',
    status: 'completed',
    records: { added: 0, changed: 0 },
    effects: { rightsGranted: 0, enrolled: 0, suspended: 0 },
  })
  const { exitCode, err } = await muster(place, 'reconcile', 'corq')
  expect({ exitCode, err }).toEqual({
    exitCode: 2,
    err: 'error: There is no source "corq". Nearest known: corp.\n',
  })
  const changes = await muster(place, 'reconcile', 'corp', '--changes')
  expect({ exitCode: changes.exitCode, err: changes.err }).toEqual({
    exitCode: 2,
    err: 'error: Sources of type ldap cannot read changes alone: ask for a full run.\n',
  })
})

test('the configuration is checked as it is written', async () => {
  expect(await musterJson(place, ['check'])).toEqual({ ok: true, faults: [] })
})

test('every answer for people is free of JSON, and help and version end with 0', async () => {
  const { userName } = await findExample()
  const ended = await Promise.all([
    muster(place, 'status'),
    muster(place, 'identities', 'show', userName ?? ''),
    muster(place, 'policies', 'decide', '--who', userName ?? ''),
    muster(place, '--help'),
    muster(place, '--version'),
  ])
  for (const { exitCode, out, err } of ended) {
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).not.toMatch(/^[{[]/)
  }
})
