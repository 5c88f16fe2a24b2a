import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeAuthority } from '../support/certificates.ts'
import {
  bindDn,
  bindPassword,
  type ConfigChanges,
  ldif,
  openOrganization,
  suffix,
} from '../support/organization.ts'
import { readAll } from '../support/read-all.ts'
import { type Slapd, type SlapdOptions, startSlapd } from '../support/slapd.ts'
import { type LineHooks, type TappedLine, tapLine } from '../support/tapped-line.ts'

/** The cases that a real server can be brought to, by what it holds or by what happens on the way to it. */
const folder = mkdtempSync(join(tmpdir(), 'muster-ldap-'))
const crowd = 600
const unpaged = { dn: `cn=unpaged,${suffix}`, password: 'unpaged' }
const blind = { dn: `cn=blind,${suffix}`, password: 'blind' }

const unit = (name: string) => `dn: ou=${name},${suffix}\nobjectClass: organizationalUnit\nou: ${name}\n`
const account = ({ dn, password }: { dn: string; password: string }) =>
  `dn: ${dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: ${password}\nuserPassword: ${password}\n`
const member = (rdn: string, unitName: string, uid: string, ...more: readonly string[]) =>
  [
    `dn: ${rdn},ou=${unitName},${suffix}`,
    'objectClass: inetOrgPerson',
    `uid: ${uid}`,
    'sn: Person',
    `employeeNumber: ${uid}`,
    ...more,
    '',
  ].join('\n')

const bigLdif = [
  ldif,
  account(unpaged),
  account(blind),
  unit('crowd'),
  ...Array.from({ length: crowd }, (_, n) => member(`uid=p${n}`, 'crowd', `p${n}`, `cn: Person ${n}`)),
  unit('referring'),
  member('uid=here', 'referring', 'here', 'cn: Here'),
  `dn: ou=elsewhere,ou=referring,${suffix}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://other.example/ou=elsewhere,dc=other\n`,
  unit('big'),
  member('uid=big', 'big', 'big', 'cn: Big', `description: ${'x'.repeat(10_000_000)}`),
  unit('odd'),
  member('cn=Berg\\, Anna+uid=anna2', 'odd', 'anna2', 'cn: Berg, Anna'),
  member('cn=\\23 B\\C3\\A9la \\+ \\"x\\"', 'odd', 'bela2', 'cn:: IyBCw6lsYSArICJ4Ig=='),
  `dn: cn=odd,ou=odd,${suffix}\nobjectClass: groupOfNames\ncn: odd\nmember: uid=anna2 + cn=Berg\\2C Anna, ou=odd,${suffix}\nmember: cn=\\# B\u00e9la \\2B \\22x\\22,ou=odd,${suffix}\n`,
  unit('bytes'),
  member('uid=good', 'bytes', 'good', 'cn: Good'),
  member('uid=bad', 'bytes', 'bad', 'cn: Bad', 'audio:: w+I='),
].join('\n')

let slapd: Slapd
const started: (Slapd | TappedLine)[] = []
const start = (changes: Partial<SlapdOptions> = {}) =>
  startSlapd({
    suffix,
    rootPassword: `"${bindPassword}"`,
    ldif: bigLdif,
    config: [
      `limits dn.exact="${unpaged.dn}" size.prtotal=disabled`,
      `access to dn.subtree="ou=crowd,${suffix}" by dn.exact="${blind.dn}" none by * read`,
      'access to * by * read',
    ],
    ...changes,
  })
beforeAll(async () => {
  slapd = await start()
})
afterAll(async () => {
  await slapd.close()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.close()
})

const peopleIn = (
  name: string,
  attributes: object = { userName: 'uid', employeeNumber: 'employeeNumber' },
) => ({
  people: { base: `ou=${name},${suffix}`, filter: '(objectClass=inetOrgPerson)', attributes },
})

async function tap(server: Slapd, hooks: LineHooks): Promise<TappedLine> {
  const line = await tapLine(server.url, hooks)
  started.push(line)
  return line
}

/** Reads the crowd through a line. Requests are: the bind, two looks at the server, then one for each page. */
async function readThrough(line: TappedLine, changes: ConfigChanges = {}) {
  const config = {
    groups: undefined,
    ...peopleIn('crowd'),
    pageSize: 100,
    timeouts: { idle: '1s' },
    ...changes,
  }
  return readAll(openOrganization([line.url], config))
}
const thirdPage = 6

describe('slapd, on the way to which something happens', () => {
  it.each([
    { signal: 'SIGKILL', code: 'closed' },
    { signal: 'SIGSTOP', code: 'silent' },
  ] as const)('gives no proof when it gets $signal between two pages', async ({ signal, code }) => {
    const own = await start()
    started.push(own)
    const line = await tap(own, {
      onRequest: (turn) => {
        if (turn === thirdPage) process.kill(own.pid, signal)
        return 'pass'
      },
    })
    const { rows, outcome } = await readThrough(line)
    expect(outcome).toMatchObject({ complete: false, why: { code } })
    // A signal takes a moment, in which another page may come; never a part of one.
    expect([200, 300, 400]).toContain(rows.length)
    expect(outcome.entries).toBe(rows.length)
    expect(line.connections()).toBe(1)
  })

  it.each([
    { signal: 'SIGKILL', code: 'closed' },
    { signal: 'SIGSTOP', code: 'silent' },
  ] as const)('gives no proof when it gets $signal within a page', async ({ signal, code }) => {
    const own = await start()
    started.push(own)
    const line = await tap(own, {
      answers: { most: 20_000, onLast: () => process.kill(own.pid, signal) },
    })
    const { rows, outcome } = await readThrough(line, { pageSize: crowd })
    expect(outcome).toMatchObject({ complete: false, why: { code } })
    // What came before is good.
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThan(crowd)
    expect(line.connections()).toBe(1)
  })

  it('is not asked again over a new connection, which would be nobody’s, when the old one is dropped', async () => {
    // This server shows everything to everybody: an unauthenticated second connection would find the rest.
    const line = await tap(slapd, { onRequest: (turn) => (turn === thirdPage ? 'drop' : 'pass') })
    const { outcome } = await readThrough(line)
    expect(outcome).toMatchObject({ complete: false, entries: 200, why: { code: 'closed' } })
    expect(line.connections()).toBe(1)
  })

  it('is read to its end where it is slow but alive', async () => {
    const line = await tap(slapd, { slow: { bytes: 15_000, every: 250 } })
    const started = performance.now()
    const { outcome } = await readThrough(line)
    expect(outcome).toMatchObject({ complete: true, entries: crowd })
    expect(performance.now() - started).toBeGreaterThan(1500)
  })
})

describe('slapd, by what it holds', () => {
  it('gives no proof where it refers to another server', async () => {
    const { rows, outcome } = await readAll(
      openOrganization([slapd.url], { groups: undefined, ...peopleIn('referring') }),
    )
    expect(outcome).toMatchObject({ complete: false, references: 1, why: { code: 'referral' } })
    expect(rows.map((row) => row.attributes.userName)).toEqual(['here'])
  })

  it('is read with an attribute of 10 MB', async () => {
    const people = peopleIn('big', { userName: 'uid', title: 'description' })
    const { rows, outcome } = await readAll(openOrganization([slapd.url], { groups: undefined, ...people }))
    expect(outcome.complete).toBe(true)
    expect(rows[0]?.attributes.title).toHaveLength(10_000_000)
  })

  it('knows the members of a group whatever escapes their names are written with', async () => {
    const { rows, outcome } = await readAll(
      openOrganization([slapd.url], { ...peopleIn('odd'), groups: { base: `ou=odd,${suffix}` } }),
    )
    expect(outcome).toMatchObject({ complete: true, groups: { entries: 1, unresolvedMembers: 0 } })
    expect(rows.map(({ attributes, groups }) => [attributes.userName, groups])).toEqual([
      ['anna2', ['odd']],
      ['bela2', ['odd']],
    ])
  })

  it('gives no proof where a value is no UTF-8, and the others count', async () => {
    const people = peopleIn('bytes', { userName: 'uid', title: 'audio' })
    const { rows, outcome } = await readAll(openOrganization([slapd.url], { groups: undefined, ...people }))
    expect(rows.map((row) => row.attributes.userName)).toEqual(['good'])
    expect(outcome).toMatchObject({ complete: false, problemCount: 1, why: { code: 'encoding' } })
    expect(outcome.why?.message).toContain('a value of audio is not valid UTF-8')
  })

  it('gives no proof to an account that may not ask for pages', async () => {
    const config = { groups: undefined, ...peopleIn('crowd'), bind: unpaged }
    const { rows, outcome } = await readAll(openOrganization([slapd.url], config))
    expect(rows).toEqual([])
    expect(outcome).toMatchObject({
      complete: false,
      why: { code: 'size-limit', message: expect.stringContaining('pagedResults control not allowed') },
    })
  })

  it('gives no proof to an account that may see nobody', async () => {
    const config = { groups: undefined, ...peopleIn('crowd'), bind: blind }
    const { rows, outcome } = await readAll(openOrganization([slapd.url], config))
    expect(rows).toEqual([])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'base-not-found' } })
  })
})

describe('slapd, by its certificate', () => {
  it('is refused where that has expired', async () => {
    const authority = makeAuthority(folder)
    const own = await start({ ldif, config: [], tls: authority.issue('localhost', -1) })
    started.push(own)
    for (const [url, mode] of [
      [own.ldapsUrl, 'ldaps'],
      [own.url.replace('127.0.0.1', 'localhost'), 'starttls'],
    ] as const) {
      const { outcome } = await readAll(openOrganization([url], { tls: { mode, ca: authority.ca } }))
      expect(outcome).toMatchObject({ complete: false, why: { code: 'tls-failed' } })
      expect(outcome.why?.message).toContain('has expired')
    }
  })

  it('is refused where it has none for StartTLS, and gets no password', async () => {
    const line = await tap(slapd, {})
    const { outcome } = await readAll(
      openOrganization([line.url], {
        tls: { mode: 'starttls' },
        bind: { dn: bindDn, password: bindPassword },
      }),
    )
    expect(outcome).toMatchObject({ complete: false, why: { code: 'starttls-refused' } })
  })
})
