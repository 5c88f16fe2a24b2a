import { describe, expect, it } from 'vitest'
import type { PullSource } from '../../../connectors/connector.ts'
import { ldapConfig } from '../../../connectors/ldap/config.ts'
import { applyFlavor } from '../../../connectors/ldap/flavor.ts'
import { sourceConnectors } from '../../../connectors/registry.ts'
import { typesWithChanges } from '../../../domain/source-types.ts'

const small = {
  type: 'ldap',
  urls: ['ldap://127.0.0.1'],
  tls: { mode: 'none' },
  bind: { dn: 'cn=a', password: { env: 'PASSWORD' } },
  people: { base: 'dc=x', attributes: { userName: 'uid' } },
}

function faultsOf(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const result = ldapConfig.safeParse({ ...small, ...changes })
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

describe('the configuration of an LDAP source', () => {
  it('needs little, and fills in the rest', () => {
    expect(ldapConfig.parse(small)).toMatchObject({
      flavor: 'generic',
      pageSize: 1000,
      allowEmpty: false,
      activity: 'decides',
      correlate: ['employeeNumber'],
      timeouts: { connect: '5s', idle: '30s', deadline: '1h' },
    })
  })

  it.each([
    ['a password that travels readable', { urls: ['ldap://ldap.example'] }, /urls\.0: .*allowCleartext/],
    ['ldaps without TLS', { urls: ['ldaps://ldap.example'] }, /contradict/],
    ['ldaps mode at an ldap address', { tls: { mode: 'ldaps' } }, /needs an ldaps:\/\/ address/],
    ['an address that is none', { urls: ['ldap.example:389'] }, /urls\.0: .*ldap:\/\/host/],
    [
      'a filter that is none',
      { people: { ...small.people, filter: '(uid=a' } },
      /people\.filter: .*not an LDAP filter/,
    ],
    [
      'an attribute that does not exist',
      { people: { base: 'dc=x', attributes: { userNmae: 'uid' } } },
      /did you mean userName/,
    ],
    ['an empty password', { bind: { dn: 'cn=a', password: '' } }, /bind\.password/],
    ['an unknown key', { pagesize: 10 }, /pagesize/],
  ])('refuses %s', (_, changes, message) => {
    expect(faultsOf(changes).join('\n')).toMatch(message)
  })

  it('allows readable passwords only where it is told to', () => {
    expect(faultsOf({ urls: ['ldap://ldap.example'], tls: { mode: 'none', allowCleartext: true } })).toEqual(
      [],
    )
    expect(faultsOf({ urls: ['ldap://ldap.example'], tls: {} })).toEqual([])
  })
})

describe('a flavor', () => {
  const applied = (changes: Readonly<Record<string, unknown>>) =>
    applyFlavor(ldapConfig.parse({ ...small, ...changes }))

  it.each([
    ['openldap', 'entryUUID', '(objectClass=inetOrgPerson)'],
    ['active-directory', 'objectGUID', '(&(objectCategory=person)(objectClass=user))'],
    ['389ds', 'nsUniqueId', '(objectClass=inetOrgPerson)'],
    ['generic', 'entryUUID', '(objectClass=person)'],
  ])('%s knows people by %s and %s', (flavor, externalId, filter) => {
    expect(applied({ flavor }).people).toMatchObject({ externalId, filter })
  })

  it('never overrides what is configured', () => {
    const people = { ...small.people, filter: '(uid=*)', externalId: 'uid', inactive: [] }
    expect(applied({ flavor: 'active-directory', people }).people).toMatchObject({
      filter: '(uid=*)',
      externalId: 'uid',
      inactive: [],
    })
  })

  it('of Active Directory switches off by flag and by date, and knows primary groups', () => {
    const { people, groups, domainScope } = applied({ flavor: 'active-directory', groups: { base: 'dc=x' } })
    expect(people.inactive.map((test) => test.attribute)).toEqual(['userAccountControl', 'accountExpires'])
    expect(groups).toMatchObject({ filter: '(objectClass=group)', member: 'member', primaryGroups: true })
    expect(domainScope).toBe(true)
  })
})

describe('the registry', () => {
  const options = { customAttributes: {}, folder: '/', clock: () => new Date() }

  it('knows every kind of source by the type that its configuration has', () => {
    for (const [type, { configSchema }] of Object.entries(sourceConnectors))
      expect(configSchema.shape.type.safeParse(type).success).toBe(true)
  })

  it('has changes of those types that are said to tell them, and of no others', () => {
    const config = { url: 'https://idp.example.com/scim', auth: { bearer: 'token' } }
    const pull = sourceConnectors['scim-pull']
    const people = { type: 'csv', file: 'people.csv', externalId: 'id', attributes: { userName: 'login' } }
    const opened: Readonly<Record<string, PullSource>> = {
      'scim-pull': pull.open(pull.configSchema.parse({ type: 'scim-pull', ...config }), options),
      ldap: sourceConnectors.ldap.open(
        ldapConfig.parse({ ...small, bind: { dn: 'cn=a', password: 'secret' } }),
        options,
      ),
      csv: sourceConnectors.csv.open(sourceConnectors.csv.configSchema.parse(people), options),
    }
    expect(Object.keys(opened).sort()).toEqual(Object.keys(sourceConnectors).sort())
    for (const [type, source] of Object.entries(opened))
      expect([type, source.changes !== undefined]).toEqual([type, typesWithChanges.has(type)])
  })

  it('does not open a source whose password is still a reference', () => {
    expect(() => sourceConnectors.ldap.open(ldapConfig.parse(small), options)).toThrow(
      'before its password was resolved',
    )
  })
})
