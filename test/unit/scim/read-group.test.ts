import { describe, expect, test } from 'vitest'
import { readGroup } from '../../../scim/read-group.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'

const core = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const strict = { strict: true }
const tolerant = { strict: false }

function faultOf(run: () => unknown): ScimFault {
  try {
    run()
  } catch (error) {
    if (error instanceof ScimFault) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('readGroup', () => {
  test('RFC 7643 section 4.2: the document holds the name, and members stand beside it', () => {
    const body = {
      schemas: [core],
      displayName: 'Engineers',
      externalId: 'g-1',
      members: [{ value: 'a', $ref: null, display: 'Jane' }, { VALUE: 'b', type: 'Group' }, { value: 'a' }],
    }
    for (const options of [strict, tolerant])
      expect(readGroup(body, options)).toEqual({
        document: { displayName: 'Engineers', externalId: 'g-1' },
        members: ['a', 'b'],
      })
  })

  test('RFC 7643 section 2.5: null, an empty list and nothing at all are no members', () => {
    for (const members of [null, [], undefined])
      expect(readGroup({ schemas: [core], displayName: 'Engineers', members }, strict).members).toEqual([])
  })

  test('a tolerant connection may send bare ids, names in any case, and the Microsoft URN of a group', () => {
    const body = {
      schemas: [core, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      displayname: 'Engineers',
      Members: ['a', 'b'],
      meta: { resourceType: 'Group' },
    }
    expect(readGroup(body, tolerant)).toEqual({ document: { displayName: 'Engineers' }, members: ['a', 'b'] })
    expect(faultOf(() => readGroup(body, strict)).scimType).toBe('invalidSyntax')
  })

  test('erratum 5368: displayName is required', () => {
    expect(faultOf(() => readGroup({ schemas: [core] }, strict))).toMatchObject({
      status: 400,
      scimType: 'invalidValue',
    })
    expect(faultOf(() => readGroup({ displayName: ' ' }, tolerant)).message).toContain('displayName')
  })

  test.each([
    [['a']],
    [[{}]],
    [[{ value: null }]],
    [[{ value: '' }]],
    [[{ value: 5 }]],
    [{ value: 'a' }],
    ['a'],
  ])('a strict connection names each member by its value: %j is refused', (members) => {
    const body = { schemas: [core], displayName: 'Engineers', members }
    expect(faultOf(() => readGroup(body, strict))).toMatchObject({ status: 400, scimType: 'invalidValue' })
  })

  test('more than 10,000 members in one body are refused with 413', () => {
    const members = Array.from({ length: 10_001 }, (_, index) => ({ value: `${index}` }))
    expect(faultOf(() => readGroup({ displayName: 'All', members }, tolerant)).status).toBe(413)
  })
})
