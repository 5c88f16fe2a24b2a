import type { LoadRequest } from './load-job.ts'

const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User'
const coreGroup = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export const userNameOf = (number: number): string => `person${number}@example.com`

/** A person as an identity provider sends one: names, an address, a number, the enterprise attributes. */
export function personBody(number: number): object {
  return {
    schemas: [coreUser, enterprise],
    externalId: `ext-${number}`,
    userName: userNameOf(number),
    name: { givenName: `Given${number}`, familyName: `Family${number}` },
    displayName: `Given${number} Family${number}`,
    title: 'Engineer',
    userType: 'employee',
    preferredLanguage: 'de',
    active: true,
    emails: [{ value: userNameOf(number), type: 'work', primary: true }],
    phoneNumbers: [{ value: mobileOf(number), type: 'mobile' }],
    [enterprise]: { employeeNumber: `n-${number}`, department: 'Field Service' },
  }
}

/** Numbers of Germany that differ and are valid. */
function mobileOf(number: number): string {
  return `+49151${String(10_000_000 + ((number * 7_368_787) % 80_000_000))}`
}

export function createPerson(number: number): LoadRequest {
  return { method: 'POST', path: '/Users', body: JSON.stringify(personBody(number)) }
}

export function createGroup(name: string): LoadRequest {
  return {
    method: 'POST',
    path: '/Groups',
    body: JSON.stringify({ schemas: [coreGroup], displayName: name }),
  }
}

export function findPerson(number: number): LoadRequest {
  const filter = encodeURIComponent(`userName eq "${userNameOf(number)}"`)
  return { method: 'GET', path: `/Users?filter=${filter}` }
}

export function setActive(id: string, active: boolean): LoadRequest {
  return patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: active }])
}

export function addMembers(group: string, ids: readonly string[]): LoadRequest {
  return patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: ids.map((value) => ({ value })) }])
}

/** One operation a member, as Okta does. */
export function removeMembers(group: string, ids: readonly string[]): LoadRequest {
  const operations = ids.map((id) => ({ op: 'remove', path: `members[value eq "${id}"]` }))
  return patch(`/Groups/${group}`, operations)
}

/** One request that creates these people. */
export function bulkOf(numbers: readonly number[]): LoadRequest {
  const Operations = numbers.map((number) => ({
    method: 'POST',
    path: '/Users',
    bulkId: `p${number}`,
    data: personBody(number),
  }))
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest']
  return { method: 'POST', path: '/Bulk', body: JSON.stringify({ schemas, Operations }) }
}

function patch(path: string, Operations: readonly object[]): LoadRequest {
  return { method: 'PATCH', path, body: JSON.stringify({ schemas: [patchOp], Operations }) }
}
