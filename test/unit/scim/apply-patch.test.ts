import { describe, expect, it } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import type { ScimDocument } from '../../../domain/scim-resource.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { applyPatch } from '../../../scim/patch/apply-patch.ts'
import { parsePatch } from '../../../scim/patch/parse-patch.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'
import type { ResourceSchema } from '../../../scim/scim-schema.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const users = userSchema({
  badge: { type: 'string', multiValued: false },
  skills: { type: 'string', multiValued: true },
})
const coreUrn = 'urn:ietf:params:scim:schemas:core:2.0:User'

const anna: ScimDocument = {
  userName: 'anna@example.com',
  active: true,
  title: 'Nurse',
  name: { givenName: 'Anna', familyName: 'Bäcker' },
  emails: [
    { value: 'anna@example.com', type: 'work', primary: true },
    { value: 'anna@home.example', type: 'home' },
  ],
  [enterpriseUrn]: { department: 'Sales', manager: { value: 'm1', $ref: 'https://example.com/m1' } },
  [musterUrn]: { custom: { skills: ['de', 'fr'] } },
}

interface Sent {
  readonly op: string
  readonly path?: string
  readonly value?: unknown
}

function patchOn(schema: ResourceSchema, document: ScimDocument, strict: boolean, sent: readonly Sent[]) {
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: sent }
  const operations = parsePatch(body, { strict, maxOperations: 100, maxMembers: 1000 })
  return applyPatch(schema, document, operations, { strict })
}

const patch = (...sent: readonly Sent[]) => patchOn(users, anna, false, sent)
const patchStrictly = (...sent: readonly Sent[]) => patchOn(users, anna, true, sent)

function faultOf(run: () => unknown): string {
  try {
    run()
  } catch (cause) {
    if (cause instanceof ScimFault) return `${cause.status} ${cause.scimType}`
    throw cause
  }
  return 'accepted'
}

describe('applyPatch: add (RFC 7644 section 3.5.2.1)', () => {
  it('appends to a list, and takes one value for a list of one', () => {
    const other = { value: 'a@other.example', type: 'other' }
    for (const value of [[other], other]) {
      for (const run of [patch, patchStrictly]) {
        const { document, changed } = run({ op: 'add', path: 'emails', value })
        expect(document['emails']).toEqual([...(anna['emails'] as unknown[]), other])
        expect(changed).toEqual(['emails'])
      }
    }
  })

  it('changes nothing where the value is there already, and gives the same document back', () => {
    const value = [{ type: 'work', value: 'anna@example.com', primary: true }]
    const { document, changed } = patch(
      { op: 'add', path: 'emails', value },
      { op: 'add', path: 'title', value: 'Nurse' },
      { op: 'add', value: { name: { givenName: 'Anna' } } },
    )
    expect(changed).toEqual([])
    expect(document).toBe(anna)
  })

  it('says something more of a value that is there', () => {
    const { document } = patch({
      op: 'add',
      path: 'emails',
      value: { value: 'anna@home.example', type: 'home', display: 'x' },
    })
    expect(document['emails']).toEqual([
      { value: 'anna@example.com', type: 'work', primary: true },
      { value: 'anna@home.example', type: 'home', display: 'x' },
    ])
  })

  it('merges an object, keys dotted or with their URN too', () => {
    const { document, changed } = patch({
      op: 'add',
      value: {
        'name.givenName': 'Ännchen',
        [`${enterpriseUrn}:costCenter`]: 4711,
        [`${coreUrn}:nickName`]: 'Änn',
        [enterpriseUrn]: { division: 'North', 'manager.value': 'm2' },
        'emails[type eq "work"].display': 'Work',
        NAME: { middleName: 'M' },
      },
    })
    expect(document).toMatchObject({
      name: { givenName: 'Ännchen', familyName: 'Bäcker', middleName: 'M' },
      nickName: 'Änn',
      emails: [{ display: 'Work' }, {}],
      [enterpriseUrn]: {
        costCenter: '4711',
        department: 'Sales',
        division: 'North',
        manager: { value: 'm2' },
      },
    })
    expect(changed).toEqual([
      'emails',
      'name',
      'nickName',
      `${enterpriseUrn}:costCenter`,
      `${enterpriseUrn}:division`,
      `${enterpriseUrn}:manager`,
    ])
  })

  it('adds nothing where nothing is sent (RFC 7643 section 2.5)', () => {
    for (const value of [null, [], '']) {
      expect(patch({ op: 'add', path: 'emails', value }).document).toBe(anna)
    }
    expect(
      patch({ op: 'add', path: 'title', value: null }, { op: 'add', path: 'name', value: null }).changed,
    ).toEqual([])
  })

  it('adds to a list of plain values, each once', () => {
    const { document } = patch({ op: 'add', path: `${musterUrn}:custom.skills`, value: ['en', 'de'] })
    expect(document[musterUrn]).toEqual({ custom: { skills: ['de', 'fr', 'en'] } })
  })
})

describe('applyPatch: primary moves (RFC 7644 section 3.5.2)', () => {
  const moved = [
    { value: 'anna@example.com', type: 'work', primary: false },
    { value: 'anna@home.example', type: 'home', primary: true },
  ]
  it.each<[string, Sent]>([
    ['by a path', { op: 'replace', path: 'emails[type eq "home"].primary', value: true }],
    [
      'by a path, as Entra writes booleans',
      { op: 'Replace', path: 'emails[type eq "home"].primary', value: 'True' },
    ],
    [
      'by an addition',
      { op: 'add', path: 'emails', value: [{ value: 'anna@home.example', type: 'home', primary: true }] },
    ],
    ['by values that are replaced', { op: 'add', path: 'emails[type eq "home"]', value: { primary: true } }],
  ])('%s', (_, operation) => {
    expect(patch(operation).document['emails']).toEqual(moved)
  })

  it('and never stands twice', () => {
    for (const operation of [
      { op: 'replace', path: 'emails.primary', value: true },
      { op: 'replace', path: 'emails[type pr].primary', value: true },
      {
        op: 'replace',
        path: 'emails',
        value: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      },
      {
        op: 'add',
        path: 'emails',
        value: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      },
    ]) {
      expect(faultOf(() => patch(operation))).toBe('400 invalidValue')
    }
  })
})

describe('applyPatch: replace (RFC 7644 section 3.5.2.3)', () => {
  it('merges a complex attribute, or replaces it whole on a strict connection', () => {
    const operation = { op: 'replace', path: 'name', value: { givenName: 'Ann', middleName: null } }
    expect(patch(operation).document['name']).toEqual({ givenName: 'Ann', familyName: 'Bäcker' })
    expect(patchStrictly(operation).document['name']).toEqual({ givenName: 'Ann' })
  })

  it('merges an extension, or replaces it whole on a strict connection', () => {
    const operation = { op: 'replace', path: enterpriseUrn, value: { division: 'North' } }
    expect(patch(operation).document[enterpriseUrn]).toMatchObject({ division: 'North', department: 'Sales' })
    expect(patchStrictly(operation).document[enterpriseUrn]).toEqual({ division: 'North' })
  })

  it('replaces a list, and empties it for null and []', () => {
    const value = [{ value: 'x@example.com' }]
    expect(patch({ op: 'replace', path: 'emails', value }).document['emails']).toEqual(value)
    for (const nothing of [null, []]) {
      for (const run of [patch, patchStrictly]) {
        expect(run({ op: 'replace', path: 'emails', value: nothing }).document).not.toHaveProperty('emails')
      }
    }
  })

  it('replaces the values that a filter selects, and parts of them', () => {
    const value = { value: 'x@example.com', type: 'other' }
    expect(
      patch({ op: 'replace', path: 'emails[type eq "home"]', value: [value] }).document['emails'],
    ).toEqual([{ value: 'anna@example.com', type: 'work', primary: true }, value])
    const { document } = patchStrictly({
      op: 'replace',
      path: 'emails[type eq "work"].value',
      value: 'n@example.com',
    })
    expect(document['emails']).toEqual([
      { value: 'n@example.com', type: 'work', primary: true },
      { value: 'anna@home.example', type: 'home' },
    ])
  })

  it('clears by null, but for what is required and for active', () => {
    expect(patch({ op: 'replace', path: 'title', value: null }).document).not.toHaveProperty('title')
    expect(patch({ op: 'replace', path: 'name.givenName', value: null }).document['name']).toEqual({
      familyName: 'Bäcker',
    })
    expect(
      patch({ op: 'replace', path: 'emails[type eq "home"]', value: null }).document['emails'],
    ).toHaveLength(1)
    expect(faultOf(() => patch({ op: 'replace', path: 'userName', value: null }))).toBe('400 invalidValue')
    expect(patch({ op: 'replace', value: { active: null } }).document).toBe(anna)
    expect(faultOf(() => patchStrictly({ op: 'replace', path: 'active', value: null }))).toBe(
      '400 invalidValue',
    )
  })

  it('drops the reference to a manager who is no longer', () => {
    const { document } = patch({ op: 'replace', path: `${enterpriseUrn}:manager`, value: { value: 'm2' } })
    expect(document[enterpriseUrn]).toEqual({ department: 'Sales', manager: { value: 'm2' } })
  })
})

describe('applyPatch: a value path that selects nothing', () => {
  it.each(['add', 'replace'])(
    '%s creates the value that its equations describe, on a tolerant connection',
    (op) => {
      expect(
        patch({ op, path: 'phoneNumbers[type eq "mobile"].value', value: '+49151' }).document,
      ).toMatchObject({
        phoneNumbers: [{ type: 'mobile', value: '+49151' }],
      })
      expect(
        patch({ op, path: 'roles[primary eq "True" and type eq "x"].value', value: 'r' }).document['roles'],
      ).toEqual([{ primary: true, type: 'x', value: 'r' }])
      expect(
        patch({ op, path: 'addresses[type eq "WORK"]', value: { locality: 'Ulm' } }).document,
      ).toMatchObject({
        addresses: [{ type: 'work', locality: 'Ulm' }],
      })
      expect(patch({ op, path: 'phoneNumbers[type eq "mobile"].value', value: '' }).document).toBe(anna)
    },
  )

  it.each([
    'phoneNumbers[type eq "work" or type eq "home"].value',
    'phoneNumbers[not (type eq "work")].value',
    'phoneNumbers[type ne "work"].value',
    'phoneNumbers[type sw "work"].value',
    'phoneNumbers[type eq null].value',
    'phoneNumbers[type eq "work" and type eq "home"].value',
  ])('is noTarget where %s does not say what to create', (path) => {
    expect(faultOf(() => patch({ op: 'add', path, value: '1' }))).toBe('400 noTarget')
  })

  it('is noTarget on a strict connection, and for a removal', () => {
    const path = 'phoneNumbers[type eq "work"].value'
    for (const op of ['add', 'replace']) {
      expect(faultOf(() => patchStrictly({ op, path, value: '1' }))).toBe('400 noTarget')
    }
    for (const run of [patch, patchStrictly]) {
      expect(faultOf(() => run({ op: 'remove', path }))).toBe('400 noTarget')
      expect(faultOf(() => run({ op: 'remove', path: 'emails[value eq "none"]' }))).toBe('400 noTarget')
    }
  })
})

describe('applyPatch: remove (RFC 7644 section 3.5.2.2)', () => {
  it('takes an attribute, a part, selected values or their parts away', () => {
    const removed = (path: string) => patch({ op: 'remove', path }).document
    expect(removed('title')).not.toHaveProperty('title')
    expect(removed('name.familyName')['name']).toEqual({ givenName: 'Anna' })
    expect(removed('emails')).not.toHaveProperty('emails')
    expect(removed('emails[type eq "work"]')['emails']).toEqual([
      { value: 'anna@home.example', type: 'home' },
    ])
    expect(removed('emails[type eq "work"].primary')['emails']).toMatchObject([
      { type: 'work' },
      { type: 'home' },
    ])
    expect(removed('emails[type eq "work"].value')['emails']).toEqual([
      { value: 'anna@home.example', type: 'home' },
    ])
    expect(removed(enterpriseUrn)).not.toHaveProperty([enterpriseUrn])
    expect(removed(`${enterpriseUrn}:manager`)[enterpriseUrn]).toEqual({ department: 'Sales' })
    expect(removed(`${musterUrn}:custom.skills`)).not.toHaveProperty([musterUrn])
    expect(removed('nickName')).toBe(anna)
    expect(removed('photos.value')).toBe(anna)
  })

  it('takes only the listed values away, where a list is sent', () => {
    const removed = (path: string, value: unknown) => patch({ op: 'Remove', path, value }).document
    expect(removed('emails', [{ value: 'ANNA@example.com', primary: false }])['emails']).toHaveLength(1)
    expect(removed('emails', [{ value: 'anna@example.com', type: 'home' }])).toBe(anna)
    expect(removed('emails', [])).toBe(anna)
    expect(removed(`${musterUrn}:custom.skills`, ['DE'])[musterUrn]).toEqual({ custom: { skills: ['fr'] } })
  })

  it('refuses what is required, what only the server sets, and active', () => {
    for (const path of [
      'userName',
      'active',
      'id',
      'meta',
      'meta.version',
      'schemas',
      'groups',
      `${coreUrn}:userName`,
    ]) {
      for (const run of [patch, patchStrictly]) {
        expect(
          faultOf(() => run({ op: 'remove', path })),
          path,
        ).toBe('400 mutability')
      }
    }
  })
})

describe('applyPatch: paths and keys', () => {
  it.each([
    '__proto__',
    '__proto__.polluted',
    'constructor',
    'constructor.prototype.polluted',
    'toString',
    'name.__proto__',
    'name.constructor',
    'emails[type eq "work"].__proto__',
    `${enterpriseUrn}:__proto__`,
    `${musterUrn}:custom.__proto__`,
    'hasOwnProperty',
  ])('refuses %s as invalidPath, as a path and as a key', (path) => {
    for (const op of ['add', 'replace', 'remove']) {
      for (const run of [patch, patchStrictly]) {
        expect(faultOf(() => run({ op, path, value: 'x' }))).toBe('400 invalidPath')
      }
    }
    const value = JSON.parse(`{${JSON.stringify(path)}: "x"}`)
    expect(faultOf(() => patch({ op: 'add', value }))).toBe('400 invalidPath')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each([
    '',
    ' ',
    '.',
    'emails[',
    'emails]',
    'emails[type eq "work"',
    'emails[type eq "work"]value',
    'a b',
    'emails[type eq "a"].value.x',
  ])('refuses "%s" as invalidPath on a strict connection', (path) => {
    expect(faultOf(() => patchStrictly({ op: 'replace', path, value: 'x' }))).toBe('400 invalidPath')
  })

  it('refuses a value filter on what is no list of objects, and filters that are none', () => {
    for (const path of ['name[givenName eq "x"]', 'title[value eq "x"]', `${enterpriseUrn}[department pr]`]) {
      expect(faultOf(() => patch({ op: 'replace', path, value: 'x' }))).toBe('400 invalidPath')
    }
    for (const filter of [
      '',
      'type',
      'nothing eq "x"',
      'type eq',
      'value[type eq "a"]',
      '__proto__ pr',
      'primary gt true',
    ]) {
      expect(
        faultOf(() => patch({ op: 'remove', path: `emails[${filter}]` })),
        filter,
      ).toBe('400 invalidFilter')
    }
  })

  it('passes over attributes that it does not know on a tolerant connection, and refuses them on a strict one', () => {
    for (const path of ['password', 'name.nothing', 'emails[type eq "work"].nothing', 'urn:example:User:x']) {
      expect(patch({ op: 'replace', path, value: 'x' }).document).toBe(anna)
      expect(faultOf(() => patchStrictly({ op: 'replace', path, value: 'x' }))).toBe('400 invalidPath')
    }
    const value = { '': 1, 'a b': 2, 'x@y': 3, password: 'p', name: { x: 1 } }
    expect(patch({ op: 'replace', value }).document).toBe(anna)
    expect(faultOf(() => patchStrictly({ op: 'replace', path: 'name', value: { x: 1 } }))).toBe(
      '400 invalidSyntax',
    )
  })

  it('finds names in any case and brackets in texts', () => {
    const { document } = patch(
      { op: 'replace', path: 'EMAILS[TYPE EQ "home"].VALUE', value: 'a]b@example.com' },
      { op: 'replace', path: ' emails[value eq "a]b@example.com"].display ', value: '[x]' },
      { op: 'replace', path: `${enterpriseUrn.toUpperCase()}:DEPARTMENT`, value: 'IT' },
    )
    expect(document).toMatchObject({
      emails: [{}, { value: 'a]b@example.com', display: '[x]' }],
      [enterpriseUrn]: { department: 'IT' },
    })
  })

  it('refuses a path to what only the server sets, and passes over it in a part of the resource', () => {
    for (const path of [
      'id',
      'meta.lastModified',
      'groups',
      'groups[value eq "x"]',
      `${enterpriseUrn}:manager.displayName`,
    ]) {
      expect(faultOf(() => patch({ op: 'replace', path, value: 'x' }))).toBe('400 mutability')
    }
    const value = { id: 'x', schemas: [], meta: { version: 'x' }, groups: [], displayName: 'Anna' }
    expect(patch({ op: 'replace', value }).changed).toEqual(['displayName'])
  })

  it('is all or nothing, one operation after the other (section 3.5.2)', () => {
    const before = structuredClone(anna)
    const good = { op: 'replace', path: 'title', value: 'Doctor' }
    expect(faultOf(() => patch(good, { op: 'remove', path: 'userName' }))).toBe('400 mutability')
    expect(anna).toEqual(before)
    const { document } = patch(
      { op: 'remove', path: 'emails' },
      { op: 'add', path: 'emails', value: [{ value: 'a', type: 'work' }] },
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'b' },
    )
    expect(document['emails']).toEqual([{ value: 'b', type: 'work' }])
    expect(patch(good, { op: 'replace', path: 'title', value: 'Nurse' }).document).toBe(anna)
  })

  it('keeps the limits of a document', () => {
    const many = Array.from({ length: 200 }, (_, index) => ({ value: `a${index}` }))
    expect(faultOf(() => patch({ op: 'add', path: 'emails', value: many }))).toBe('400 invalidValue')
    expect(faultOf(() => patch({ op: 'replace', path: 'userName', value: 'x'.repeat(300) }))).toBe(
      '400 invalidValue',
    )
  })
})

describe('applyPatch: what Entra ID and Okta send', () => {
  it('disables by a text for a boolean, and by a part without a path', () => {
    for (const operation of [
      { op: 'Replace', path: 'active', value: 'False' },
      { op: 'replace', value: { active: false } },
    ]) {
      const { document, changed } = patch(operation)
      expect(document['active']).toBe(false)
      expect(changed).toEqual(['active'])
    }
  })

  it('takes the manager as a bare id, answers an object, and clears it by a blank', () => {
    for (const path of [`${enterpriseUrn}:manager`, `${enterpriseUrn}.manager`, 'manager']) {
      for (const op of ['Add', 'Replace']) {
        expect(patch({ op, path, value: 'm9' }).document[enterpriseUrn]).toMatchObject({
          manager: { value: 'm9' },
        })
      }
      expect(patch({ op: 'Replace', path, value: '' }).document[enterpriseUrn]).toEqual({
        department: 'Sales',
      })
      expect(patch({ op: 'Remove', path, value: '' }).document[enterpriseUrn]).toEqual({
        department: 'Sales',
      })
    }
  })

  it('replaces several attributes, each by an operation of its own', () => {
    const { changed } = patch(
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updated@example.com' },
      { op: 'Replace', path: 'name.familyName', value: 'Updated' },
      { op: 'Add', path: `${enterpriseUrn}:employeeNumber`, value: 17 },
    )
    expect(changed).toEqual(['emails', 'name', `${enterpriseUrn}:employeeNumber`])
  })
})

describe('applyPatch: members of a group', () => {
  const staff: ScimDocument = { displayName: 'Staff' }
  const members = (...sent: readonly Sent[]) => patchOn(groupSchema, staff, false, sent).members
  const everyone = { kind: 'clear', type: null }

  it('says what happens to them, and leaves the document alone', () => {
    const patched = patchOn(groupSchema, staff, true, [
      { op: 'add', path: 'members', value: [{ value: 'a' }, { $ref: null, Value: 'b' }, { value: 'a' }] },
      { op: 'remove', path: 'members[value eq "c"]' },
      { op: 'remove', path: 'members[value eq "d" or value eq "e"]' },
      { op: 'remove', path: 'members[type eq "group"]' },
    ])
    expect(patched.document).toBe(staff)
    expect(patched.members).toEqual([
      { kind: 'add', ids: ['a', 'b'] },
      { kind: 'remove', ids: ['c', 'd', 'e'] },
      { kind: 'clear', type: 'Group' },
    ])
  })

  it('removes only those of a list that is sent, as Entra ID does it, and all where none is named', () => {
    const entra = { op: 'Remove', path: 'members', value: [{ $ref: null, value: 'a' }] }
    expect(members(entra)).toEqual([{ kind: 'remove', ids: ['a'] }])
    for (const value of [undefined, null])
      expect(members({ op: 'remove', path: 'members', value })).toEqual([everyone])
    expect(members({ op: 'remove', path: 'members', value: [] })).toEqual([])
  })

  it('replaces them all, and empties the group for []', () => {
    const value = [{ value: 'a' }]
    expect(members({ op: 'replace', path: 'members', value })).toEqual([
      everyone,
      { kind: 'add', ids: ['a'] },
    ])
    expect(members({ op: 'replace', path: 'members', value: [] })).toEqual([everyone])
    expect(members({ op: 'replace', value: { members: value } })).toEqual([
      everyone,
      { kind: 'add', ids: ['a'] },
    ])
  })

  it('leaves them alone in a replacement that names none, as Okta sends it', () => {
    const patched = patchOn(groupSchema, staff, false, [
      { op: 'replace', value: { id: 'x', displayName: 'Renamed' } },
    ])
    expect(patched).toEqual({ document: { displayName: 'Renamed' }, changed: ['displayName'], members: [] })
  })

  it('takes removals and additions in one request, in their order', () => {
    expect(
      members(
        { op: 'remove', path: 'members[value eq "a"]' },
        { op: 'add', path: 'members', value: [{ value: 'b', display: 'B' }] },
        { op: 'add', path: 'members', value: 'c' },
      ),
    ).toEqual([
      { kind: 'remove', ids: ['a'] },
      { kind: 'add', ids: ['b', 'c'] },
    ])
  })

  it.each<[string, Sent]>([
    ['400 invalidFilter', { op: 'remove', path: 'members[display eq "x"]' }],
    ['400 invalidFilter', { op: 'remove', path: 'members[value sw "x"]' }],
    ['400 invalidFilter', { op: 'remove', path: 'members[value eq "x" and type eq "User"]' }],
    ['400 invalidFilter', { op: 'remove', path: 'members[not (value eq "x")]' }],
    ['400 invalidFilter', { op: 'remove', path: 'members[$ref eq "x"]' }],
    ['400 noTarget', { op: 'add', path: 'members[value eq "x"]', value: {} }],
    ['400 mutability', { op: 'replace', path: 'members[value eq "x"].display', value: 'x' }],
    ['400 mutability', { op: 'remove', path: 'members.value' }],
    ['400 mutability', { op: 'remove', path: 'displayName' }],
    ['400 invalidValue', { op: 'add', path: 'members', value: [{ display: 'x' }] }],
    ['400 invalidValue', { op: 'add', path: 'members', value: [{ value: 7 }] }],
    ['400 invalidValue', { op: 'remove', path: 'members', value: [{}] }],
  ])('answers %s to %j', (fault, operation) => {
    expect(faultOf(() => members(operation))).toBe(fault)
  })
})
