import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ldapConfig, openLdap } from '../../connectors/ldap/index.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import type { ReadOutcome, SourceRow } from '../../domain/source-row.ts'
import { readAll } from '../support/read-all.ts'
import { type ActiveDirectory, startActiveDirectory } from '../support/samba.ts'

let directory: ActiveDirectory
let rows: ReadonlyMap<string, SourceRow>
let outcome: ReadOutcome

/** More members than Active Directory gives at once (1,500). */
const crowd = 1600
/** 2020-01-01 as a Windows file time: 100 ns since 1601. */
const longAgo = String((BigInt(Date.parse('2020-01-01T00:00:00Z')) + 11_644_473_600_000n) * 10_000n)
const farAhead = String((BigInt(Date.parse('2060-01-01T00:00:00Z')) + 11_644_473_600_000n) * 10_000n)

beforeAll(async () => {
  directory = await startActiveDirectory()
  directory.apply(population(directory.suffix))
  const source = openSource()
  const read = await readAll(source)
  outcome = read.outcome
  rows = new Map(read.rows.map((row) => [row.attributes.userName ?? '', row]))
}, 300_000)
afterAll(() => directory?.close())

function openSource() {
  const { suffix, url, bindDn, password } = directory
  const config = ldapConfig.parse({
    type: 'ldap',
    flavor: 'active-directory',
    urls: [url],
    tls: { mode: 'none' },
    bind: { dn: bindDn, password },
    people: {
      base: `ou=staff,${suffix}`,
      attributes: {
        userName: 'sAMAccountName',
        displayName: 'displayName',
        employeeNumber: 'employeeID',
        dn: 'distinguishedName',
        emails: [{ from: 'mail', type: 'work', primary: true }],
      },
    },
    groups: { base: suffix, name: 'cn', nested: true },
  })
  return openLdap(config, { customAttributes: {}, folder: '/', clock: () => new Date() })
}

function population(suffix: string): string {
  const staff = `ou=staff,${suffix}`
  const user = (name: string, ...more: string[]) =>
    [
      `dn: cn=${name},${staff}`,
      'changetype: add',
      'objectClass: user',
      `sAMAccountName: ${name}`,
      `displayName: ${name}`,
      `mail: ${name}@example.test`,
      ...more,
    ].join('\n')
  const group = (name: string, members: readonly string[]) =>
    [
      `dn: cn=${name},${staff}`,
      'changetype: add',
      'objectClass: group',
      `sAMAccountName: ${name}`,
      ...members.map((member) => `member: cn=${member},${staff}`),
    ].join('\n')
  const many = Array.from({ length: crowd }, (_, n) => `p${n}`)
  return [
    `dn: ${staff}\nchangetype: add\nobjectClass: organizationalUnit`,
    // 512 is a normal account, 2 in it says disabled (ADS_USER_FLAG_ENUM).
    user('anna', 'employeeID: 1001', 'userAccountControl: 544'),
    user('bert', 'userAccountControl: 546'),
    user('cora', 'userAccountControl: 544', `accountExpires: ${longAgo}`),
    user('dora', 'userAccountControl: 544', `accountExpires: ${farAhead}`),
    user('emil', 'userAccountControl: 544', 'accountExpires: 0'),
    // Contacts, which are quicker to make than accounts, and no people of ours.
    ...many.map((name) => `dn: cn=${name},${staff}\nchangetype: add\nobjectClass: contact`),
    group('crowd', [...many, 'emil']),
    group('field', ['anna']),
    group('everyone', ['field', 'crowd']),
  ].join('\n\n')
}

describe('an Active Directory', () => {
  it('is read wholly, with a proof', () => {
    expect(outcome).toMatchObject({ complete: true, why: null, references: 0, problemCount: 0 })
    expect([...rows.keys()].sort()).toEqual(['anna', 'bert', 'cora', 'dora', 'emil'])
  })

  it('gives every person an id of its own, written as Windows writes a GUID', () => {
    const ids = [...rows.values()].map(({ externalId }) => externalId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  })

  it('says who is disabled by userAccountControl', () => {
    expect(rows.get('anna')?.active).toBe(true)
    expect(rows.get('bert')?.active).toBe(false)
  })

  it('says who has expired by accountExpires, and until when somebody has not; zero is never', () => {
    expect(rows.get('cora')?.active).toBe(false)
    expect(rows.get('dora')).toMatchObject({ active: true, inactiveFrom: '2060-01-01T00:00:00.000Z' })
    expect(rows.get('emil')).toMatchObject({ active: true, inactiveFrom: null })
  })

  it('gives every member of a group that comes in ranges', () => {
    expect(rows.get('emil')?.groups).toContain('crowd')
    // The administrator, the guest and the like stand beside them in groups of the domain, outside our base.
    expect(outcome.groups?.unresolvedMembers).toBeGreaterThanOrEqual(crowd)
  })

  it('resolves nested groups and the primary group', () => {
    expect(rows.get('anna')?.groups).toEqual(expect.arrayContaining(['Domain Users', 'everyone', 'field']))
    expect(rows.get('bert')?.groups).not.toContain('everyone')
  })

  it('maps attributes under the names of SCIM', () => {
    const anna = rows.get('anna')
    expect(anna?.attributes[enterpriseUrn]?.employeeNumber).toBe('1001')
    expect(anna?.attributes.emails).toEqual([
      expect.objectContaining({ value: 'anna@example.test', primary: true }),
    ])
  })
})
