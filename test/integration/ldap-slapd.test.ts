import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDirectory } from '../../directory/start-directory.ts'
import { type CertificateAuthority, makeAuthority } from '../support/certificates.ts'
import {
  bindDn,
  bindPassword,
  type ConfigChanges,
  ldif,
  openOrganization,
  suffix,
} from '../support/organization.ts'
import { readAll } from '../support/read-all.ts'
import { type Slapd, startSlapd } from '../support/slapd.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-ldap-'))
const reader = { dn: `cn=reader,${suffix}`, password: 'reader' }
const crowd = 5000

/** The organization, an account with rules of its own, and enough people for several pages. */
const bigLdif = [
  ldif,
  `dn: ${reader.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: reader\n`,
  `dn: ou=crowd,${suffix}\nobjectClass: organizationalUnit\nou: crowd\n`,
  ...Array.from({ length: crowd }, (_, index) =>
    [
      `dn: uid=p${index},ou=crowd,${suffix}`,
      'objectClass: inetOrgPerson',
      `uid: p${index}`,
      `cn: Person ${index}`,
      'sn: Person',
      `employeeNumber: ${index}`,
      `mail: p${index}@example.org\n`,
    ].join('\n'),
  ),
].join('\n')

let authority: CertificateAuthority
let slapd: Slapd
const start = (config: readonly string[] = []) =>
  startSlapd({
    suffix,
    rootPassword: `"${bindPassword}"`,
    ldif: bigLdif,
    config,
    tls: authority.issue('localhost'),
  })
beforeAll(async () => {
  authority = makeAuthority(folder)
  slapd = await start([
    `limits dn.exact="${reader.dn}" size=2500`,
    `access to dn.subtree="ou=crowd,${suffix}" attrs=mail by dn.exact="${reader.dn}" none by * read`,
    'access to * by * read',
  ])
})
afterAll(async () => {
  await slapd.close()
  rmSync(folder, { recursive: true, force: true })
})

const inCrowd: ConfigChanges = {
  groups: undefined,
  people: {
    base: `ou=crowd,${suffix}`,
    filter: '(objectClass=inetOrgPerson)',
    externalId: 'entryUUID',
    attributes: { userName: 'uid', employeeNumber: 'employeeNumber', emails: 'mail' },
  },
}
const allowReader = { ...inCrowd, bind: reader }

describe('slapd', () => {
  it('is read wholly in pages, every person once', async () => {
    const { rows, outcome, batches } = await readAll(openOrganization([slapd.url], inCrowd))
    expect(outcome).toMatchObject({
      complete: true,
      entries: crowd,
      server: expect.stringContaining('OpenLDAP'),
    })
    expect(outcome.pages).toBeGreaterThanOrEqual(crowd / 1000)
    expect(new Set(rows.map((row) => row.externalId)).size).toBe(crowd)
    expect(Math.max(...batches)).toBe(100)
  })

  it('gives no proof where the account has a size limit over all pages', async () => {
    const { rows, outcome } = await readAll(openOrganization([slapd.url], allowReader))
    expect(outcome).toMatchObject({ complete: false, why: { code: 'size-limit' } })
    expect(rows.length).toBeLessThan(crowd)
  })

  it('leaves out an attribute that access control hides, and its live test says so', async () => {
    const hidden = openOrganization([slapd.url], allowReader)
    const { rows } = await readAll(hidden)
    expect(rows.every((row) => row.attributes.emails === undefined)).toBe(true)
    const test = await hidden.test(new AbortController().signal)
    expect(test).toMatchObject({
      ok: true,
      message: expect.stringContaining('none of these people has mail'),
    })
  })

  it.each([
    { name: 'a wrong password', changes: { bind: { dn: bindDn, password: 'x' } }, code: 'bind-refused' },
    {
      name: 'an unknown account',
      changes: { bind: { dn: `cn=nobody,${suffix}`, password: 'x' } },
      code: 'bind-refused',
    },
    {
      name: 'a base that does not exist',
      changes: { people: { base: `ou=nowhere,${suffix}`, attributes: { userName: 'uid' } } },
      code: 'base-not-found',
    },
    {
      name: 'a base that is no name',
      changes: { people: { base: 'nowhere', attributes: { userName: 'uid' } } },
      code: 'base-not-found',
    },
    {
      name: 'a filter with an attribute that does not exist',
      changes: { people: { base: suffix, filter: '(noSuchAttribute=x)', attributes: { userName: 'uid' } } },
      code: 'empty',
    },
  ])('calls $name $code', async ({ changes, code }) => {
    const { outcome } = await readAll(openOrganization([slapd.url], { ...inCrowd, ...changes }))
    expect(outcome).toMatchObject({ complete: false, why: { code } })
  })

  it.each([
    { signal: 'SIGKILL', code: 'closed' },
    { signal: 'SIGSTOP', code: 'silent' },
  ] as const)('gives no proof when it gets $signal in the middle of a read', async ({ signal, code }) => {
    const own = await start()
    try {
      const changes = { ...inCrowd, pageSize: 100, timeouts: { idle: '1s' } }
      const reading = openOrganization([own.url], changes).readAll({ signal: new AbortController().signal })
      await reading.next()
      process.kill(own.pid, signal)
      for (;;) {
        const { done, value } = await reading.next()
        if (!done) continue
        expect(value).toMatchObject({ complete: false, why: { code } })
        expect(value.entries).toBeLessThan(crowd)
        return
      }
    } finally {
      await own.close()
    }
  })
})

describe('TLS', () => {
  it.each(['ldaps', 'starttls'] as const)('is used by %s with a private authority', async (mode) => {
    const url = mode === 'ldaps' ? slapd.ldapsUrl : slapd.url.replace('127.0.0.1', 'localhost')
    const { outcome } = await readAll(
      openOrganization([url], { ...inCrowd, tls: { mode, ca: authority.ca } }),
    )
    expect(outcome).toMatchObject({ complete: true, entries: crowd })
  })

  it.each(['ldaps', 'starttls'] as const)('is refused by %s for an unknown authority', async (mode) => {
    const url = mode === 'ldaps' ? slapd.ldapsUrl : slapd.url.replace('127.0.0.1', 'localhost')
    const { outcome } = await readAll(openOrganization([url], { ...inCrowd, tls: { mode } }))
    expect(outcome).toMatchObject({ complete: false, why: { code: 'tls-failed' } })
    expect(outcome.why?.message).toContain('unknown authority')
  })

  it.each([
    { name: 'an expired certificate', host: 'localhost', days: -1, message: 'has expired' },
    {
      name: 'a certificate for another name',
      host: 'other.example',
      days: 30,
      message: 'is for another name',
    },
  ])('is refused for $name', async ({ host, days, message }) => {
    const { cert, key } = authority.issue(host, days)
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    const directory = await startDirectory({ ldif, bindDn, bindPassword, tls })
    try {
      const url = `ldaps://localhost:${directory.port}`
      const { outcome } = await readAll(openOrganization([url], { tls: { mode: 'ldaps', ca: authority.ca } }))
      expect(outcome).toMatchObject({ complete: false, why: { code: 'tls-failed' } })
      expect(outcome.why?.message).toContain(message)
    } finally {
      await directory.close()
    }
  })

  it('accepts a certificate for another name that the configuration names', async () => {
    const { cert, key } = authority.issue('directory.example')
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    const directory = await startDirectory({ ldif, bindDn, bindPassword, tls })
    try {
      const named = { tls: { mode: 'ldaps', ca: authority.ca, servername: 'directory.example' } }
      const { outcome } = await readAll(openOrganization([directory.url], named))
      expect(outcome.complete).toBe(true)
    } finally {
      await directory.close()
    }
  })

  it('says that a server does not speak TLS, and that the authority file cannot be read', async () => {
    const url = slapd.url.replace('ldap:', 'ldaps:')
    const plain = await readAll(
      openOrganization([url], { tls: { mode: 'ldaps' }, timeouts: { connect: '1s' } }),
    )
    expect(['tls-failed', 'closed']).toContain(plain.outcome.why?.code)
    const tls = { mode: 'ldaps', ca: join(folder, 'nowhere.pem') }
    const { outcome } = await readAll(openOrganization([slapd.ldapsUrl], { tls }))
    expect(outcome.why).toMatchObject({ code: 'unreadable', message: expect.stringContaining('nowhere.pem') })
  })
})
