import { describe, expect, it } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { anna, faultOf, patch, patchStrictly } from './patched-user.ts'

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
