import { describe, expect, it } from 'vitest'
import { readAttributeChoice, readListQuery, readSearch } from '../../../../server/scim/list-request.ts'

const search = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'
const caught = (work: () => unknown) => {
  try {
    return { answer: work() }
  } catch (error) {
    return error
  }
}

describe('a list request (RFC 7644 section 3.4.2)', () => {
  it('asks for the first hundred by index when nothing is said', () => {
    expect(readListQuery({})).toMatchObject({
      filter: null,
      sortBy: null,
      descending: false,
      startIndex: 1,
      count: 100,
      cursor: null,
    })
  })

  it.each([
    ['0', 1],
    ['-7', 1],
    ['1', 1],
    ['12', 12],
    ['9'.repeat(40), 2 ** 31],
  ])('startIndex %s begins at %d (section 3.4.2.4)', (startIndex, wanted) => {
    expect(readListQuery({ startIndex }).startIndex).toBe(wanted)
  })

  it.each([
    ['-1', 0],
    ['0', 0],
    ['7', 7],
    ['5000', 1000],
  ])('count %s is %d resources at most (section 3.4.2.4)', (count, wanted) => {
    expect(readListQuery({ count }).count).toBe(wanted)
  })

  it.each([
    { startIndex: 'x' },
    { count: '1.5' },
    { count: ['1', '2'] },
    { sortOrder: 'up' },
    { filter: ['a', 'b'] },
  ])('what is no value of its parameter is invalidValue: %j', (query) => {
    expect(caught(() => readListQuery(query))).toMatchObject({ status: 400, scimType: 'invalidValue' })
  })

  it('knows parameters in any case, as Microsoft sends them', () => {
    expect(
      readListQuery({ startindex: '3', COUNT: '4', SortOrder: 'Descending', sortby: 'userName' }),
    ).toMatchObject({ startIndex: 3, count: 4, descending: true, sortBy: 'userName' })
  })

  it('takes attributes with commas, repeated, or not at all (section 3.9)', () => {
    expect(readAttributeChoice({ attributes: 'userName, name.familyName' }).attributes).toEqual([
      'userName',
      'name.familyName',
    ])
    expect(readAttributeChoice({ excludedattributes: ['members', 'a,b'] })).toEqual({
      attributes: null,
      excludedAttributes: ['members', 'a', 'b'],
    })
    expect(readAttributeChoice({ attributes: '' }).attributes).toBeNull()
  })

  it('refuses startIndex beside a cursor (RFC 9865 section 2)', () => {
    expect(caught(() => readListQuery({ cursor: '', startIndex: '1' }))).toMatchObject({ status: 400 })
    expect(readListQuery({ cursor: '' }).cursor).toBe('')
  })
})

describe('a search (RFC 7644 section 3.4.3)', () => {
  it('asks what a query asks', () => {
    const body = { schemas: [search], attributes: ['userName'], Filter: 'a eq 1', startIndex: 2, count: 3 }
    expect(readSearch(body, { strict: true })).toMatchObject({
      attributes: ['userName'],
      filter: 'a eq 1',
      startIndex: 2,
      count: 3,
    })
  })

  it('may leave its schema out where the connection is tolerant, but not name another', () => {
    expect(readSearch({}, { strict: false })).toMatchObject({ filter: null })
    expect(caught(() => readSearch({}, { strict: true }))).toMatchObject({ scimType: 'invalidSyntax' })
    for (const schemas of [['urn:x'], 'urn:x', [], [5], {}])
      expect(caught(() => readSearch({ schemas }, { strict: false }))).toMatchObject({
        scimType: 'invalidSyntax',
      })
  })

  it.each([null, [], 'x', 5, undefined])('is an object: %j', (body) => {
    expect(caught(() => readSearch(body, { strict: false }))).toMatchObject({ scimType: 'invalidSyntax' })
  })

  it('is not confused by keys of objects', () => {
    const body = JSON.parse('{"__proto__":{"filter":"x"},"constructor":1}')
    expect(readSearch(body, { strict: false }).filter).toBeNull()
  })
})
