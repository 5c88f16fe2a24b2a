import { bindDn, bindPassword, suffix } from './organization.ts'

/** A directory of some thousand people in groups, as it is after so many changes (`version`). */
const townSize = 5200

interface Townsman {
  readonly n: number
  readonly title: string
  readonly mobile: string
  readonly left: boolean
}

/** Null: not there in this version. */
function townsmanOf(n: number, version: number): Townsman | null {
  const changes = (every: number, from: number) => version >= from && n % every === from % every
  // Some are new, some leave, and come back.
  if (n >= townSize && version < 1) return null
  if (version % 4 === 2 && n % 20 === 3) return null
  // Half the town is away in between: what nobody sees again need not be read again.
  if ((version % 4 === 1 || version % 4 === 2) && n % 2 === 1) return null
  const round = changes(3, version) ? version : 0
  return {
    n,
    title: `Title ${round}`,
    mobile:
      n % 11 === 0 ? 'no number' : `+49 151 ${30_000_000 + n + (changes(6, version) ? version * 10_000 : 0)}`,
    left: version % 3 === 1 && n % 30 === 4,
  }
}

export function describeTown(version: number): string {
  const people = Array.from({ length: townSize + 200 }, (_, n) => townsmanOf(n, version)).filter(
    (one) => one !== null,
  )
  const groups = Array.from({ length: 20 }, (_, index) =>
    describeGroup(
      `g${index}`,
      // Some memberships move from version to version, and groups are members of groups.
      people.filter(({ n }) => (n + (n % 10 === 0 ? version * 7 : 0)) % 40 === index).map(({ n }) => dnOf(n)),
      index % 5 > 0 ? [`cn=g${index - 1},ou=groups,${suffix}`] : [],
    ),
  )
  return [
    `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\no: Town\ndc: example`,
    `dn: ou=people,${suffix}\nobjectClass: organizationalUnit\nou: people`,
    `dn: ou=groups,${suffix}\nobjectClass: organizationalUnit\nou: groups`,
    ...people.map(describePerson),
    ...groups,
    '',
  ].join('\n\n')
}

const dnOf = (n: number) => `uid=p${n},ou=people,${suffix}`

function describePerson({ n, title, mobile, left }: Townsman): string {
  return `dn: ${dnOf(n)}
objectClass: inetOrgPerson
uid: p${n}
cn: Person ${n}
sn: Person
employeeNumber: ${n}
employeeType: ${left ? 'left' : 'employee'}
title: ${title}
mail: p${n}@example.org
mobile: ${mobile}`
}

function describeGroup(cn: string, people: readonly string[], groups: readonly string[]): string {
  const members = [...groups, ...people].map((dn) => `member: ${dn}`)
  return [`dn: cn=${cn},ou=groups,${suffix}`, 'objectClass: groupOfNames', `cn: ${cn}`, ...members].join('\n')
}

/** A configuration that reads the town as `town`; `country` is part of its mapping. */
export function configureTown(url: string, country: string): string {
  return `policies: ./policies
sources:
  town:
    type: ldap
    flavor: openldap
    urls: ["${url}"]
    tls: { mode: none }
    bind: { dn: "${bindDn}", password: ${bindPassword} }
    people:
      base: "ou=people,${suffix}"
      attributes:
        userName: uid
        displayName: cn
        title: title
        employeeNumber: employeeNumber
        emails: [{ from: mail, type: work, primary: true }]
        phoneNumbers: [{ from: mobile, type: mobile }]
      inactive: [{ attribute: employeeType, equals: left }]
      country: { default: ${country} }
    groups: { base: "ou=groups,${suffix}" }
`
}

const mail = {
  id: 'mail',
  target: 'active eq true',
  conditions: { all: [{ fact: 'emails', operator: 'present', value: true }] },
  event: {
    type: 'provision',
    params: { rights: ['otp-email'], enroll: [{ factor: 'otp-email', from: 'emails', take: 'primary' }] },
  },
}

/** By SMS for whoever is in a group of these. */
const sms = (groups: readonly string[]) => ({
  id: 'sms',
  conditions: {
    any: groups.map((group) => ({ fact: 'groups', operator: 'contains', value: group })),
  },
  event: {
    type: 'provision',
    params: {
      rights: ['otp-sms'],
      enroll: [{ factor: 'otp-sms', from: 'phoneNumbers', take: 'first', onUnmatch: 'remove' }],
    },
  },
})

export const townPolicies = (version: number) => [
  mail,
  sms(version % 4 < 2 ? ['g3', 'g12', 'g19'] : ['g3', 'g5', 'g18']),
]
