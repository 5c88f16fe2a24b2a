import { describe, expect, it } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { anna, coreUrn, faultOf, patch, patchStrictly, type Sent } from './patched-user.ts'

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
