import type { AttributeMapping, CountryRule, InactiveTest } from '../mapping-schema.ts'
import type { Flavor, LdapConfig } from './config.ts'

/** What a kind of server calls things, where the configuration leaves it out. */
interface FlavorDefaults {
  readonly personFilter: string
  readonly externalId: string
  readonly inactive: readonly InactiveTest[]
  readonly groupFilter: string
  readonly member: string
}

const x500: FlavorDefaults = {
  personFilter: '(objectClass=person)',
  externalId: 'entryUUID',
  inactive: [],
  groupFilter: '(objectClass=groupOfNames)',
  member: 'member',
}

const defaults: Readonly<Record<Flavor, FlavorDefaults>> = {
  generic: x500,
  openldap: {
    ...x500,
    personFilter: '(objectClass=inetOrgPerson)',
    // ppolicy writes this time for "locked by an administrator"; any other is a lock after wrong passwords.
    inactive: [{ attribute: 'pwdAccountLockedTime', equals: '000001010000Z' }],
  },
  '389ds': {
    ...x500,
    personFilter: '(objectClass=inetOrgPerson)',
    externalId: 'nsUniqueId',
    inactive: [{ attribute: 'nsAccountLock', equals: 'true' }],
  },
  'active-directory': {
    ...x500,
    personFilter: '(&(objectCategory=person)(objectClass=user))',
    externalId: 'objectGUID',
    inactive: [
      { attribute: 'userAccountControl', bit: 2 },
      { attribute: 'accountExpires', before: 'now', format: 'filetime' },
    ],
    groupFilter: '(objectClass=group)',
  },
}

export interface PeopleSettings {
  readonly base: string
  readonly scope: 'sub' | 'one'
  readonly filter: string
  readonly externalId: string
  readonly attributes: AttributeMapping
  readonly inactive: readonly InactiveTest[]
  readonly country: CountryRule
}

export interface GroupSettings {
  readonly base: string
  readonly scope: 'sub' | 'one'
  readonly filter: string
  readonly name: string
  readonly member: string
  readonly nested: boolean
  readonly allowEmpty: boolean
  /** Active Directory keeps one group of a person in `primaryGroupID` and not among the members. */
  readonly primaryGroups: boolean
}

/** A configuration in which nothing is left out. */
export interface ScopeSettings {
  readonly people: PeopleSettings
  readonly groups: GroupSettings | null
  /** Ask the server to stay within its own domain, where it would refer to others (Active Directory). */
  readonly domainScope: boolean
}

/** Fills in what the configuration leaves out, by the flavor of the server. */
export function applyFlavor(config: LdapConfig): ScopeSettings {
  const flavor = defaults[config.flavor]
  const activeDirectory = config.flavor === 'active-directory'
  const { people, groups } = config
  return {
    people: {
      ...people,
      filter: people.filter ?? flavor.personFilter,
      externalId: people.externalId ?? flavor.externalId,
      inactive: people.inactive ?? flavor.inactive,
    },
    groups: groups
      ? {
          ...groups,
          filter: groups.filter ?? flavor.groupFilter,
          member: groups.member ?? flavor.member,
          primaryGroups: activeDirectory,
        }
      : null,
    domainScope: activeDirectory,
  }
}
