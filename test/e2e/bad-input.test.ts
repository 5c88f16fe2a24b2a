import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Run } from '../../domain/run.ts'
import { findFreePort } from '../../embedded/free-port.ts'
import { bindDn, bindPassword, ldif, suffix } from '../support/organization.ts'
import { type Slapd, startSlapd } from '../support/slapd.ts'
import {
  type Ended,
  endForGood,
  interrupt,
  makeFolder,
  muster,
  musterJson,
  processesOf,
  startReady,
  type Up,
} from './muster-program.ts'

/** What a person sees who wrote something wrong, or whose directory is not as they thought. */
const folder = makeFolder()
const place = { data: join(folder.path, 'data'), config: join(folder.path, 'muster.yaml') }
let slapd: Slapd
let up: Up | undefined

beforeAll(async () => {
  slapd = await startSlapd({ suffix, rootPassword: JSON.stringify(bindPassword), ldif })
})
afterAll(async () => {
  await endForGood(up)
  await slapd?.close()
  folder.remove()
})

const policy = {
  id: 'mail-for-all',
  target: 'active eq true',
  conditions: { all: [{ fact: 'emails', operator: 'present', value: true }] },
  event: {
    type: 'provision',
    params: { rights: ['otp-email'], enroll: [{ factor: 'otp-email', from: 'emails' }] },
  },
}

function write(name: string, content: string | object): void {
  const file = join(folder.path, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
}

function writeConfiguration(...lines: readonly string[]): void {
  write('muster.yaml', `policies: ./policies\n${lines.join('\n')}\n`)
}

const csv = (name: string, more = '') =>
  `  ${name}: { type: csv, file: ./${name}.csv, externalId: id, attributes: { userName: login, employeeNumber: number, emails: [{ from: mail, type: work }] }${more} }`

const ldap = (name: string, given: { url?: string; password?: string; base?: string } = {}) => `
  ${name}:
    type: ldap
    flavor: openldap
    urls: ["${given.url ?? slapd.url}"]
    tls: { mode: none }
    bind: { dn: "${bindDn}", password: "${given.password ?? bindPassword}" }
    people: { base: "${given.base ?? `ou=people,${suffix}`}", attributes: { userName: uid } }`

/** A sentence, with the place, and no trace of the program's insides. */
function expectSentence({ err, out }: Ended, ...sentences: readonly (string | RegExp)[]): void {
  for (const sentence of sentences) {
    if (typeof sentence === 'string') expect(err).toContain(sentence)
    else expect(err).toMatch(sentence)
  }
  expect(err + out).not.toMatch(/^\s+at |node:internal|unhandled|not foreseen/im)
}

beforeEach(() => {
  rmSync(join(folder.path, 'policies'), { recursive: true, force: true })
  write('policies/mail-for-all.json', policy)
  write('hr.csv', 'id,login,number,mail\n1,anna,7,anna@example.org\n')
  writeConfiguration('sources:', csv('hr'))
})

describe('a configuration with faults ends muster check and muster up with 2, a line for each fault', () => {
  const cases: readonly (readonly [string, () => void, readonly string[]])[] = [
    [
      'unknown key',
      () => writeConfiguration('sorces: {}', 'sources:', csv('hr')),
      ['muster.yaml:2:1: ', '"sorces" is no key', 'nearest known key is "sources"'],
    ],
    [
      'wrong type',
      () => writeConfiguration('server: { port: many }', 'sources:', csv('hr')),
      ['muster.yaml:2:17: '],
    ],
    [
      'missing secret',
      () =>
        writeConfiguration(
          'sources:',
          ldap('corp', {}).replace(`"${bindPassword}"`, '{ env: NOT_SET_ANYWHERE }'),
        ),
      ['muster.yaml:', 'NOT_SET_ANYWHERE'],
    ],
    [
      'unreadable secret file',
      () =>
        writeConfiguration(
          'sources:',
          ldap('corp', {}).replace(`"${bindPassword}"`, '{ file: ./no-secret }'),
        ),
      ['muster.yaml:', 'no-secret'],
    ],
    ['broken YAML', () => write('muster.yaml', 'sources: [\n'), ['muster.yaml:']],
    ['file that is not there', () => rmSync(place.config), ['muster.yaml']],
  ]
  test.each(cases)('%s', async (_, prepare, words) => {
    prepare()
    const [check, start] = await Promise.all([muster(place, 'check'), muster(place, 'up', '--once')])
    for (const ended of [check, start]) {
      expect(ended.exitCode).toBe(2)
      expectSentence(ended, ...words)
      expect(ended.err).not.toContain(bindPassword)
    }
    expect(processesOf(place)).toEqual([])
  })
})

describe('policies with faults', () => {
  test('are reported all at once, with file, line, column, what is wrong and what was meant', async () => {
    write('policies/broken.json', '{ "id": "broken", }')
    write('policies/facts.json', {
      ...policy,
      id: 'facts',
      conditions: { all: [{ fact: 'departmnt', operator: 'eqal', value: 'Sales' }] },
      event: { type: 'provision', params: { rights: ['otp-fax'] } },
    })
    write('policies/again.json', policy)
    const ended = await muster(place, 'check')
    expect(ended.exitCode).toBe(2)
    expectSentence(
      ended,
      /broken\.json:1:\d+: /,
      /facts\.json:\d+:\d+: .*"departmnt".*department/,
      /facts\.json:\d+:\d+: .*"eqal".*equal/,
      /facts\.json:\d+:\d+: .*otp-fax/,
      /mail-for-all\.json:\d+:\d+: .*"mail-for-all"|again\.json:\d+:\d+: .*"mail-for-all"/,
    )
    const { ok, faults } = await musterJson(place, ['check'], 2)
    expect(ok).toBe(false)
    expect(faults.length).toBeGreaterThanOrEqual(5)
    for (const fault of faults) {
      expect(fault).toEqual({
        file: expect.stringContaining('.json'),
        line: expect.any(Number),
        column: expect.any(Number),
        path: expect.any(String),
        code: expect.any(String),
        message: expect.any(String),
      })
    }
  })
})

describe('sources that cannot be read', () => {
  test('are named by check --live, each with its reason, while the good one is ok', async () => {
    await writeBadSources()
    const ended = await muster(place, 'check', '--live')
    expect(ended.exitCode).toBe(1)
    for (const [name, reason] of Object.entries(reasons))
      expect(ended.out).toMatch(new RegExp(`source ${name}: FAILED, .*${reason}`))
    expect(ended.out).toContain('source good: ok, 5 people found')
    expectSentence(ended)
    expect(ended.out).not.toContain('wrong-secret')
    const { ok, faults } = await musterJson(place, ['check', '--live'], 1)
    expect(ok).toBe(false)
    expect(faults.map(({ path }: { path: string }) => path).toSorted()).toEqual(
      Object.keys(reasons)
        .map((name) => `sources.${name}`)
        .toSorted(),
    )
  })

  test('fail their runs of up --once with the reason, and the good one is read', async () => {
    await writeBadSources()
    const ended = await muster(place, 'up', '--once', '--json')
    expect(ended.exitCode).toBe(1)
    expectSentence(ended)
    const runs: readonly Run[] = JSON.parse(ended.out).runs
    for (const [name, reason] of Object.entries(reasons)) {
      const run = runs.find(({ source }) => source === name)
      expect(run).toMatchObject({ status: 'failed', fault: { message: expect.stringMatching(reason) } })
      expect(ended.err).toMatch(new RegExp(`${name}: failed`))
    }
    expect(runs.find(({ source }) => source === 'good')).toMatchObject({
      status: 'completed',
      records: { added: 5 },
    })
    expect(ended.out + ended.err).not.toContain('wrong-secret')
  })

  const reasons = {
    password: 'wrong password or unknown account',
    host: 'cannot be reached: nobody listens there',
    base: 'there is no such base',
    file: 'absent.csv',
  }

  async function writeBadSources(): Promise<void> {
    writeConfiguration(
      'sources:',
      ldap('good'),
      ldap('password', { password: 'wrong-secret' }),
      ldap('host', { url: `ldap://127.0.0.1:${await findFreePort()}` }),
      ldap('base', { base: `ou=nobody,${suffix}` }),
      csv('file').replace('file.csv', 'absent.csv'),
    )
  }
})

describe('a stack that runs', () => {
  test('reads a file in part with exit code 4, and says which record fits several people', async () => {
    write('hr.csv', 'id,login,number,mail\n1,anna,7,a@example.org\n2,bert,8,a@example.org\n')
    writeConfiguration('sources:', csv('hr'), csv('desk', ', correlate: [emails]'))
    // The second line opens a quote that nothing closes.
    write('desk.csv', 'id,login,number,mail\n9,who,,a@example.org\n"broken')
    up = await startReady(place)
    expect(await musterJson(place, ['reconcile', 'desk', '--wait'], 4)).toMatchObject({
      status: 'completed',
      read: { complete: false, why: { message: expect.any(String) } },
    })
    const { notLinked, state } = await musterJson(place, ['sources', 'show', 'desk'])
    expect(state).toBe('incomplete')
    expect(notLinked).toEqual([
      { externalId: '9', fault: expect.stringContaining('ambiguous'), changedAt: expect.any(String) },
    ])
    const { out } = await muster(place, 'sources', 'show', 'desk')
    expect(out).toContain('desk:9')
  })

  test('answers a wrong word with what was meant and exit code 2, and somebody unknown with 1', async () => {
    const ended = await Promise.all([
      muster(place, 'reconcile', 'nope'),
      muster(place, 'identities', 'list', '--filter', 'userNam eq "anna"'),
      muster(place, 'identities', 'show', 'nobody-here'),
      muster(place, 'rights', 'grant', 'anna', 'otp-fax'),
      muster(place, 'identities', 'show', 'anna'),
      muster(place, 'enrollments', 'add', 'hr:1', 'otp-email', 'no mailbox'),
      muster(place, 'statsu'),
    ])
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([2, 2, 1, 2, 1, 1, 2])
    const sentences = [
      'There is no source "nope". Known: desk, hr.',
      'userNam',
      'nobody-here',
      'otp-fax',
      // The directory of the test before has an Anna too, whom nothing ties to this one.
      'anna names 2 identities',
      'mailbox',
      'status',
    ]
    for (const [index, one] of ended.entries()) expectSentence(one, sentences[index] ?? '')
  })

  test('is not started where the port of the configuration is in use, and what was started ends', async () => {
    // What the stack read when it started was not whole, and its end says so.
    expect(up && (await interrupt(up))).toMatchObject({ exitCode: 4 })
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    writeConfiguration(`server: { port: ${port} }`, 'sources:', csv('hr'))
    const ended = await muster(place, 'up')
    other.close()
    expect(ended.exitCode).toBe(1)
    expectSentence(
      ended,
      `error: 127.0.0.1:${port}, which the configuration gives to the server, is in use by another program.`,
    )
    expect(processesOf(place)).toEqual([])
  })

  test('is missed by the other commands with the sentence that starts it', async () => {
    const ended = await muster(place, 'identities')
    expect(ended.exitCode).toBe(1)
    expectSentence(ended, 'Nothing is running here. Start the stack with "npx muster up"')
  })
})
