// Longer than 300 lines: every command once, over one database that it costs seconds to fill.
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerAudit } from '../../bin/commands/audit.ts'
import { registerCheck } from '../../bin/commands/check.ts'
import { registerEnrollments } from '../../bin/commands/enrollments.ts'
import { registerIdentities } from '../../bin/commands/identities.ts'
import { registerMigrate } from '../../bin/commands/migrate.ts'
import { registerPolicies } from '../../bin/commands/policies.ts'
import { registerRights } from '../../bin/commands/rights.ts'
import { registerRuns } from '../../bin/commands/runs.ts'
import { registerSources } from '../../bin/commands/sources.ts'
import { registerStatus } from '../../bin/commands/status.ts'
import { type CliResult, type CliWorld, runCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertPeople } from '../support/population.ts'

const registers = [
  registerAudit,
  registerCheck,
  registerEnrollments,
  registerIdentities,
  registerMigrate,
  registerPolicies,
  registerRights,
  registerRuns,
  registerSources,
  registerStatus,
]

let db: TestDatabase
let folder = ''
let anna = ''
beforeAll(async () => {
  db = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  await writeFile(join(folder, 'hr.csv'), 'id,login,number,mail\n1,anna,7,anna.b@example.com\n')
  await writeFile(
    join(folder, 'muster.yaml'),
    `policies: ./policies
countries: [DE]
sources:
  hr:
    type: csv
    file: ./hr.csv
    externalId: id
    attributes: { userName: login, employeeNumber: number, emails: [{ from: mail, type: work }] }
`,
  )
  await db.database('sources').insert({ name: 'hr', type: 'csv' })
  const [id] = await insertPeople(db.database, [
    {
      attributes: {
        userName: 'anna',
        userType: 'employee',
        emails: [{ value: 'anna.b@example.com', type: 'work', source: 'hr' }],
      },
      sources: ['hr'],
      enrollments: [{ factor: 'otp-email', address: 'anna.b@example.com', status: 'active' }],
    },
  ])
  anna = id ?? ''
  await db.database('source_records').insert({
    source: 'hr',
    external_id: '1',
    id: newId(),
    identity_id: anna,
    hash: Buffer.alloc(16),
    active: true,
    attributes: JSON.stringify({ userName: 'anna' }),
    link: 'created',
    created_at: '2026-03-01T08:00:00Z',
    changed_at: '2026-03-01T08:00:00Z',
  })
})
afterAll(async () => {
  await db.close()
  await rm(folder, { recursive: true })
})

function muster(...words: readonly string[]): Promise<CliResult> {
  return musterIn({}, ...words)
}

function musterIn(world: Partial<CliWorld>, ...words: readonly string[]): Promise<CliResult> {
  const configurationFile = join(folder, 'muster.yaml')
  return runCli(registers, { database: db.database, configurationFile, ...world }, ...words)
}

/** Runs a command with `--json` that must succeed, and gives its document. */
async function document(...words: readonly string[]) {
  const { exitCode, out, err } = await muster(...words, '--json')
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  return JSON.parse(out)
}

async function writePolicy(id: string, policy: object): Promise<void> {
  await mkdir(join(folder, 'policies'), { recursive: true })
  await writeFile(join(folder, 'policies', `${id}.json`), JSON.stringify({ id, ...policy }))
}

describe('muster policies and check', () => {
  test('report a folder without policies, a broken policy and then none, with its place', async () => {
    const missing = await muster('check', '--json')
    expect(missing.exitCode).toBe(2)
    expect(JSON.parse(missing.out)).toMatchObject({ ok: false, faults: [{ code: 'unreadable' }] })
    await writePolicy('staff', {
      conditions: { all: [{ fact: 'userTyp', operator: 'equal', value: 'employee' }] },
      event: { type: 'provision', params: { rights: ['otp-email'] } },
    })
    const broken = await muster('check', '--json')
    expect(broken.exitCode).toBe(2)
    expect(JSON.parse(broken.out).faults).toEqual([
      {
        file: join(folder, 'policies', 'staff.json'),
        line: 1,
        column: expect.any(Number),
        path: '/conditions/all/0/fact',
        code: 'unknown-fact',
        message: expect.stringContaining('userType'),
      },
    ])
    const load = await muster('policies', 'load')
    expect(load.exitCode).toBe(2)
    expect(load.err).toContain('staff.json:1:')
    await writePolicy('staff', {
      description: 'Staff sign in by e-mail.',
      conditions: { all: [{ fact: 'userType', operator: 'equal', value: 'employee' }] },
      event: {
        type: 'provision',
        params: { rights: ['otp-email'], enroll: [{ factor: 'otp-email', from: 'emails' }] },
      },
    })
    expect(await muster('check')).toMatchObject({
      exitCode: 0,
      out: 'Configuration and policies have no fault.\n',
    })
  })

  test('name every fault of a configuration with line and column', async () => {
    const configurationFile = join(folder, 'broken.yaml')
    await writeFile(configurationFile, 'sorces: {}\nmode: emebdded\n')
    const { exitCode, out } = await musterIn({ configurationFile }, 'check', '--json')
    expect(exitCode).toBe(2)
    const { faults } = JSON.parse(out)
    expect(faults.map(({ line, code }: { line: number; code: string }) => [line, code])).toEqual(
      expect.arrayContaining([
        [1, 'unknown-key'],
        [2, 'unknown-value'],
      ]),
    )
  })

  test('open every source with --live, and end with 1 where one cannot be read', async () => {
    const good = await muster('check', '--live', '--json')
    expect(good.exitCode).toBe(0)
    expect(JSON.parse(good.out)).toMatchObject({ ok: true, faults: [], sources: [{ name: 'hr', ok: true }] })
    const text = await readFile(join(folder, 'muster.yaml'), 'utf8')
    const configurationFile = join(folder, 'gone.yaml')
    await writeFile(configurationFile, text.replace('hr.csv', 'gone.csv'))
    const bad = await musterIn({ configurationFile }, 'check', '--live', '--json')
    expect(bad.exitCode).toBe(1)
    expect(JSON.parse(bad.out)).toMatchObject({
      ok: false,
      faults: [{ path: 'sources.hr', code: 'source-refused' }],
    })
  })

  test('put a set in force once, make everybody due and wake the roll-out', async () => {
    const first = await muster('policies', 'load', '--json')
    const loaded = JSON.parse(first.out)
    expect(loaded).toMatchObject({ policySet: expect.stringMatching(/^sha256:/), documents: 1, due: 1 })
    expect(first.nudges).toEqual([{ what: 'settle', runId: loaded.runId }])
    const again = await muster('policies', 'load', '--json')
    expect(JSON.parse(again.out)).toMatchObject({ policySet: loaded.policySet, due: 0, runId: null })
    expect(again.nudges).toEqual([])
  })

  test('list and show what is in force', async () => {
    expect(await document('policies')).toMatchObject({ policies: [{ id: 'staff', mode: 'enforce' }] })
    expect((await muster('policies', 'list')).out).toMatch(
      /^ID\s+MODE.*\nstaff\s+enforce\s+1\s+provision\s+Staff sign/,
    )
    expect(await document('policies', 'show', 'staff')).toMatchObject({ id: 'staff' })
    expect((await muster('policies', 'show', 'staf')).err).toContain('Did you mean staff?')
  })

  test('decide a stored person and one from a file, with reasons, and change nothing', async () => {
    const before = await db.database('audit_events').count('*')
    const stored = await document('policies', 'decide', '--who', 'hr:1')
    expect(stored).toMatchObject({
      identity: anna,
      rights: [{ factor: 'otp-email', granted: true, by: ['staff'] }],
      reasons: [
        {
          policy: 'staff',
          matched: true,
          conditions: [{ fact: 'userType', value: 'employee', actual: 'employee', result: true }],
        },
      ],
    })
    const file = join(folder, 'person.json')
    await writeFile(
      file,
      JSON.stringify({
        attributes: { userType: 'employee', emails: [{ value: 'New@Example.com' }, { value: 'x' }] },
      }),
    )
    const typed = await document('policies', 'decide', '--input', file)
    expect(typed.enrollments).toMatchObject([
      { factor: 'otp-email', address: 'New@example.com', policy: 'staff' },
    ])
    expect(typed.unusable).toMatchObject([{ value: 'x', reason: 'malformed-mailbox' }])
    expect(await db.database('audit_events').count('*')).toEqual(before)
    await writeFile(file, JSON.stringify({ attributes: { usrType: 'employee' } }))
    expect(await muster('policies', 'decide', '--input', file)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('usrType'),
    })
    expect(await muster('policies', 'decide')).toMatchObject({ exitCode: 2 })
  })
})

describe('muster identities', () => {
  test('lists by a filter and says how many there are', async () => {
    const list = await document('identities', '--filter', 'userName eq "ANNA" and active eq true')
    expect(list).toMatchObject({ total: 1, identities: [{ id: anna, userName: 'anna' }] })
    expect(JSON.stringify(list)).not.toContain('anna.b@')
    const { out } = await muster('identities')
    expect(out).toMatch(new RegExp(`^ID +USERNAME +STATE .*\n${anna} +anna +active +hr`))
  })

  test('streams a thousand as one JSON document', async () => {
    await insertPeople(
      db.database,
      Array.from({ length: 1001 }, (_, index) => ({
        attributes: { userName: `crowd${index}`, title: 'crowd' },
      })),
    )
    const all = await document('identities', '--filter', 'title eq "crowd"', '--limit', '0')
    expect([all.total, all.identities.length]).toEqual([1001, 1001])
    const few = await muster('identities', '--filter', 'title eq "crowd"', '--limit', '2')
    expect(few.out.trim().split('\n')).toHaveLength(3)
    expect(few.err).toBe('2 of 1001 shown; --limit 0 shows all.\n')
  })

  test('refuses a filter that is none, with what is wrong', async () => {
    const { exitCode, err } = await muster('identities', '--filter', 'userNme eq "x"')
    expect(exitCode).toBe(2)
    expect(err).toContain('userName')
  })

  test('shows one person masked, and unmasked with a trace', async () => {
    expect((await document('identities', 'show', 'anna')).enrollments[0].address).toBe('a••••b@example.com')
    const shown = await document('identities', 'show', 'anna', '--reveal')
    expect(shown.enrollments[0].address).toBe('anna.b@example.com')
    const { out } = await muster('audit', '--who', 'anna', '--json')
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { action: 'addresses-revealed', actor: { kind: 'admin', id: 'tester' }, identity: anna },
    ])
  })

  test('unlinks a record for good', async () => {
    const { nudges } = await muster('identities', 'unlink', 'anna', 'hr:1', '--reason', 'another Anna')
    expect(nudges).toEqual([{ what: 'drain' }])
    const shown = await document('identities', 'show', anna)
    expect(shown.records).toEqual([])
    const linked = await document('identities', 'link', anna, 'hr:1')
    expect(linked.records).toMatchObject([{ source: 'hr', externalId: '1' }])
  })
})

describe('muster rights', () => {
  test('grants until a time, denies and clears', async () => {
    const granted = await document(
      'rights',
      'grant',
      'anna',
      'otp-sms',
      '--until',
      '7d',
      '--reason',
      'on call',
    )
    expect(granted).toMatchObject({
      factor: 'otp-sms',
      effective: true,
      origins: [{ kind: 'manual', by: 'tester', reason: 'on call', until: expect.stringMatching(/Z$/) }],
    })
    expect(await document('rights', 'deny', 'anna', 'otp-sms')).toMatchObject({
      effective: false,
      denials: [{ kind: 'manual', by: 'tester' }],
    })
    expect(await document('rights', 'clear', 'anna', 'otp-sms')).toMatchObject({
      effective: false,
      origins: [],
      denials: [],
    })
  })

  test('keep what was decided when Temporal does not answer, and say so', async () => {
    const { exitCode, err, out } = await musterIn(
      { asleep: true },
      'rights',
      'grant',
      'anna',
      'otp-sms',
      '--json',
    )
    expect(exitCode).toBe(0)
    expect(err).toContain('Kept; it takes effect when the workflows run again.')
    expect(JSON.parse(out)).toMatchObject({ effective: true })
  })
})

describe('muster enrollments', () => {
  test('adds an address by an administrator, disables, enables and removes it', async () => {
    const added = await document('enrollments', 'add', 'anna', 'otp-sms', '01511 2345678', '--country', 'de')
    expect(added).toMatchObject({
      factor: 'otp-sms',
      address: '+49•••••••••78',
      proof: 'attested',
      origins: [{ kind: 'admin' }],
      identity: { id: anna },
    })
    const disabled = await document('enrollments', 'disable', added.id, '--reason', 'lost phone')
    expect(disabled).toMatchObject({ status: 'disabled', usable: false })
    expect(await document('enrollments', 'enable', added.id)).not.toMatchObject({ status: 'disabled' })
    expect(await document('enrollments', 'remove', added.id)).toMatchObject({ id: added.id, removed: true })
    expect(await muster('enrollments', 'enable', added.id)).toMatchObject({ exitCode: 1 })
  })

  test('refuses an address that cannot be used, without repeating it', async () => {
    const { exitCode, err } = await muster('enrollments', 'add', 'anna', 'otp-email', 'not a mailbox')
    expect(exitCode).toBe(1)
    expect(err).toContain('malformed-mailbox')
    expect(err).not.toContain('not a mailbox')
  })

  test('writes a CSV file that only its owner reads', async () => {
    const file = join(folder, 'out.csv')
    expect(await document('enrollments', '--who', 'anna', '--csv', file)).toEqual({ total: 1, file })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const [header, row, end] = (await readFile(file, 'utf8')).split('\r\n')
    expect(header).toMatch(/^id,identity,userName,factor,address,usable,status,/)
    expect(row).toContain(`${anna},anna,otp-email,a••••b@example.com,true,active`)
    expect(end).toBe('')
  })

  test('lists by person and status', async () => {
    const list = await document('enrollments', 'list', '--who', 'anna', '--status', 'active')
    expect(list).toMatchObject({ total: 1, enrollments: [{ identity: { userName: 'anna' } }] })
  })
})

describe('muster runs', () => {
  test('approves a held run once and wakes who settles it', async () => {
    const id = newId()
    await db.database('runs').insert({
      id,
      source: 'hr',
      kind: 'full',
      status: 'held',
      requested_by: '{"kind":"system","id":"test"}',
      started_at: '2026-03-01T00:00:00Z',
      brakes: JSON.stringify([
        { name: 'takenAway', limit: { percent: 5, atLeast: 50 }, wouldBe: 80, of: 100, verdict: null },
      ]),
    })
    expect((await muster('runs', 'show', id)).out).toContain(`muster runs approve ${id}`)
    const approved = await muster('runs', 'approve', id, '--reason', 'reorganisation', '--json')
    expect(approved.exitCode).toBe(0)
    expect(JSON.parse(approved.out).brakes).toMatchObject([
      { verdict: { kind: 'approved', by: 'tester', reason: 'reorganisation' } },
    ])
    expect(approved.nudges).toEqual([{ what: 'settle', runId: id }])
    const again = await muster('runs', 'reject', id, '--json')
    expect(again.exitCode).toBe(1)
    expect(JSON.parse(again.out)).toMatchObject({ error: { code: 'run-not-held' } })
  })

  test('are listed by source, an unknown one being a usage fault', async () => {
    const list = await document('runs', '--source', 'hr')
    expect(list.runs).toMatchObject([{ source: 'hr', status: 'held' }])
    expect(await muster('runs', '--source', 'hrr')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('Did you mean hr?'),
    })
  })
})

describe('muster sources, status, migrate and audit', () => {
  test('show the state of a source', async () => {
    expect(await document('sources')).toMatchObject({ sources: [{ name: 'hr', state: 'held' }] })
    expect(await document('sources', 'show', 'hr')).toMatchObject({ records: { total: 1 }, notLinked: [] })
  })

  test('show the whole, in words and as a document', async () => {
    const status = await document('status')
    expect(status).toMatchObject({
      identities: { total: expect.any(Number) },
      policySet: { id: expect.stringMatching(/^sha256:/) },
      temporal: null,
      versions: { muster: '0.0.0-test', schema: expect.stringMatching(/^\d{4}-/) },
    })
    expect((await muster('status')).out).toContain('Temporal does not answer')
  })

  test('find nothing to migrate', async () => {
    expect(await document('migrate')).toEqual({ applied: [] })
  })

  test('follow the audit trail until the signal comes', async () => {
    const stop = new AbortController()
    const marker = newId()
    let inserted: Promise<unknown> | null = null
    const onOutput = (text: string) => {
      // The last events are there: now something happens.
      inserted ??= insertEvent(marker)
      if (text.includes(marker)) stop.abort()
    }
    const world = { signal: stop.signal, onOutput }
    const { exitCode, out } = await musterIn(world, 'audit', '--follow', '--limit', '2', '--json')
    await inserted
    expect(exitCode).toBe(0)
    const ids: string[] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id)
    expect(ids).toHaveLength(3)
    expect(ids.at(-1)).toBe(marker)
    expect(ids).toEqual([...ids].sort())
  })

  function insertEvent(id: string): Promise<unknown> {
    const event = { id, at: new Date(), action: 'right-set', actor_kind: 'admin', actor_id: 'root' }
    return Promise.resolve(db.database('audit_events').insert(event))
  }
})

test('the sample configuration and its policies have no fault', async () => {
  const configurationFile = resolve('samples/muster.yaml')
  expect(await musterIn({ configurationFile }, 'check')).toMatchObject({ exitCode: 0, err: '' })
})
