import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enterpriseUrn } from '../../../domain/attributes.ts'
import { canonicalJson } from '../../../domain/canonical-json.ts'
import { changedAttributes } from '../../../scim/changed-attributes.ts'

describe('changedAttributes', () => {
  test('names what differs, sorted, with the URN of an extension before its attributes', () => {
    const before = {
      userName: 'jane',
      title: 'Engineer',
      emails: [{ value: 'a', type: 'work' }],
      [enterpriseUrn]: { department: 'Sales', manager: { value: '1' } },
    }
    const after = {
      userName: 'jane',
      nickName: 'J',
      emails: [{ value: 'b', type: 'work' }],
      [enterpriseUrn]: { department: 'Sales', manager: { value: '2' }, division: 'North' },
    }
    expect(changedAttributes(before, after)).toEqual([
      'emails',
      'nickName',
      'title',
      `${enterpriseUrn}:division`,
      `${enterpriseUrn}:manager`,
    ])
  })

  test('an extension that comes or goes changes each of its attributes', () => {
    const without = { userName: 'jane' }
    const with_ = { userName: 'jane', [enterpriseUrn]: { department: 'Sales' } }
    expect(changedAttributes(without, with_)).toEqual([`${enterpriseUrn}:department`])
    expect(changedAttributes(with_, without)).toEqual([`${enterpriseUrn}:department`])
  })

  test('RFC 7644 section 3.5.2: the order of keys is no change, as the database keeps its own; that of values is', () => {
    expect(changedAttributes({ name: { a: 1, b: 2 } }, { name: { b: 2, a: 1 } })).toEqual([])
    expect(changedAttributes({ roles: ['a', 'b'] }, { roles: ['b', 'a'] })).toEqual(['roles'])
  })

  test('nothing is named exactly when both documents are one as canonical JSON', () => {
    const document = fc.dictionary(
      fc.constantFrom('a', 'constructor', 'toString', 'b'),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 3, noNullPrototype: true },
    )
    fc.assert(
      fc.property(document, document, (left, right) => {
        const isSame = canonicalJson(left) === canonicalJson(right)
        expect(changedAttributes(left, right).length === 0).toBe(isSame)
        expect(changedAttributes(left, structuredClone(left))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
