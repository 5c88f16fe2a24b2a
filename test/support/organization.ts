import type { PullSource } from '../../connectors/connector.ts'
import { ldapConfig, openLdap } from '../../connectors/ldap/index.ts'

/** A small organization for the tests of readers: five people in nested groups, one of them inactive. */
export const suffix = 'dc=example,dc=org'
export const bindDn = `cn=admin,${suffix}`
export const bindPassword = 'correct horse'

interface Person {
  readonly uid: string
  readonly cn: string
  readonly sn: string
  readonly more?: readonly string[]
}

const people: readonly Person[] = [
  {
    uid: 'anna',
    cn: 'Anna Berg',
    sn: 'Berg',
    more: ['mail: anna@example.org', 'mobile: +49 151 2345678', 'mobile: 0151 1111111'],
  },
  {
    uid: 'bela',
    cn: 'Béla Kovács',
    sn: 'Kovács',
    more: ['mail: bela@example.org', 'telephoneNumber: +36 1 2345678'],
  },
  { uid: 'cleo', cn: 'Cleo, the Third', sn: 'Cleo', more: ['title: Lead'] },
  { uid: 'dora', cn: 'Dora Ek', sn: 'Ek', more: ['employeeType: left', 'mail: dora@example.org'] },
  { uid: 'emil', cn: '山田 太郎', sn: '山田' },
]

export const personDn = (uid: string): string => `uid=${uid},ou=people,${suffix}`

function writeValue(attribute: string, value: string): string {
  const plain = /^[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*$/.test(value)
  return plain ? `${attribute}: ${value}` : `${attribute}:: ${Buffer.from(value, 'utf8').toString('base64')}`
}

function writePerson({ uid, cn, sn, more = [] }: Person): string {
  return [
    `dn: ${personDn(uid)}`,
    'objectClass: inetOrgPerson',
    `uid: ${uid}`,
    writeValue('cn', cn),
    writeValue('sn', sn),
    `employeeNumber: n-${uid}`,
    ...more,
  ].join('\n')
}

function writeGroup(cn: string, members: readonly string[]): string {
  return [
    `dn: cn=${cn},ou=groups,${suffix}`,
    'objectClass: groupOfNames',
    `cn: ${cn}`,
    ...members.map((dn) => `member: ${dn}`),
  ].join('\n')
}

export const ldif = [
  `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example`,
  `dn: ou=people,${suffix}\nobjectClass: organizationalUnit\nou: people`,
  `dn: ou=groups,${suffix}\nobjectClass: organizationalUnit\nou: groups`,
  ...people.map(writePerson),
  writeGroup('staff', [`cn=field,ou=groups,${suffix}`, personDn('bela')]),
  // Written otherwise than the entry's own name, and in a circle with staff.
  writeGroup('field', [
    `UID=Anna, OU=People, DC=example, DC=org`,
    `cn=staff,ou=groups,${suffix}`,
    'uid=gone,ou=people,dc=example,dc=org',
  ]),
]
  .join('\n\n')
  .concat('\n')

/** Extra keys of the configuration, merged over the usual ones of the tests. */
export type ConfigChanges = Readonly<Record<string, unknown>>

/** An LDAP source for the organization above, on the servers given. */
export function openOrganization(urls: readonly string[], changes: ConfigChanges = {}): PullSource {
  const config = ldapConfig.parse({
    type: 'ldap',
    urls,
    tls: { mode: urls[0]?.startsWith('ldaps') ? 'ldaps' : 'none' },
    bind: { dn: bindDn, password: bindPassword },
    people: {
      base: `ou=people,${suffix}`,
      filter: '(objectClass=inetOrgPerson)',
      externalId: 'entryUUID',
      attributes: {
        userName: 'uid',
        displayName: 'cn',
        'name.familyName': 'sn',
        title: 'title',
        employeeNumber: 'employeeNumber',
        dn: 'dn',
        emails: [{ from: 'mail', type: 'work', primary: true }],
        phoneNumbers: [
          { from: 'mobile', type: 'mobile', trust: 'claimed' },
          { from: 'telephoneNumber', type: 'work' },
        ],
      },
      inactive: [{ attribute: 'employeeType', equals: 'left' }],
      country: { default: 'DE' },
    },
    groups: { base: `ou=groups,${suffix}` },
    ...changes,
  })
  return openLdap(config, {
    customAttributes: {},
    folder: '/',
    clock: () => new Date('2026-01-15T12:00:00Z'),
  })
}
