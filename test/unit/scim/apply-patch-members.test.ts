import { describe, expect, it } from 'vitest'
import type { ScimDocument } from '../../../domain/scim-resource.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { faultOf, patchOn, type Sent } from './patched-user.ts'

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
