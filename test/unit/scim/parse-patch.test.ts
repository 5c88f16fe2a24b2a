import { describe, expect, it } from 'vitest'
import { parsePatch } from '../../../scim/patch/parse-patch.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'

const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']
const caps = { maxOperations: 3, maxMembers: 4 }
const tolerant = (body: unknown) => parsePatch(body, { ...caps, strict: false })
const strict = (body: unknown) => parsePatch(body, { ...caps, strict: true })

function faultOf(read: () => unknown): string {
  try {
    read()
  } catch (cause) {
    if (cause instanceof ScimFault) return `${cause.status} ${cause.scimType}`
    throw cause
  }
  return 'accepted'
}

describe('parsePatch (RFC 7644 section 3.5.2)', () => {
  it('takes keys and operations in any case, and several of them', () => {
    const body = {
      Schemas: schemas,
      operations: [
        { OP: 'Add', Path: 'title', VALUE: 'x' },
        { op: 'REPLACE', path: 'active', value: false },
        { op: 'remove', path: 'nickName' },
      ],
    }
    for (const parse of [tolerant, strict]) {
      expect(parse(body)).toEqual([
        { op: 'add', path: 'title', value: 'x' },
        { op: 'replace', path: 'active', value: false },
        { op: 'remove', path: 'nickName', value: undefined },
      ])
    }
  })

  it('takes an operation without a path from a tolerant connection only (interoperability profile)', () => {
    const body = { schemas, Operations: [{ op: 'replace', value: { active: false } }] }
    expect(tolerant(body)).toEqual([{ op: 'replace', path: null, value: { active: false } }])
    expect(faultOf(() => strict(body))).toBe('400 invalidSyntax')
    expect(tolerant({ schemas, Operations: [{ op: 'add', path: '', value: {} }] })[0]?.path).toBeNull()
  })

  it('does without schemas on a tolerant connection only', () => {
    const body = { Operations: [{ op: 'remove', path: 'title' }] }
    expect(tolerant(body)).toHaveLength(1)
    expect(faultOf(() => strict(body))).toBe('400 invalidSyntax')
  })

  it.each([
    ['no object', []],
    ['null', null],
    ['other schemas', { schemas: ['urn:x'], Operations: [{ op: 'remove', path: 'title' }] }],
    ['no operations', { schemas }],
    ['an empty list of operations', { schemas, Operations: [] }],
    ['operations that are an object', { schemas, Operations: { op: 'remove', path: 'title' } }],
    ['an operation that is a text', { schemas, Operations: ['remove'] }],
    ['an unknown operation', { schemas, Operations: [{ op: 'move', path: 'title' }] }],
    ['an operation named like a method of objects', { schemas, Operations: [{ op: 'toString', path: 'a' }] }],
    ['a key that stands twice', { schemas, Operations: [{ op: 'add', Op: 'remove', path: 'a', value: 1 }] }],
  ])('refuses %s as invalidSyntax', (_, body) => {
    expect(faultOf(() => tolerant(body))).toBe('400 invalidSyntax')
  })

  it('refuses a removal without a path as noTarget', () => {
    for (const parse of [tolerant, strict]) {
      expect(faultOf(() => parse({ schemas, Operations: [{ op: 'remove' }] }))).toBe('400 noTarget')
    }
  })

  it('refuses a path that is no text as invalidPath, and an addition of nothing as invalidValue', () => {
    expect(faultOf(() => tolerant({ schemas, Operations: [{ op: 'remove', path: ['a'] }] }))).toBe(
      '400 invalidPath',
    )
    for (const op of ['add', 'replace']) {
      expect(faultOf(() => tolerant({ schemas, Operations: [{ op, path: 'members' }] }))).toBe(
        '400 invalidValue',
      )
    }
  })

  it('answers 413 above its caps of operations and of values, and names the cap', () => {
    const remove = { op: 'remove', path: 'title' }
    const add = (count: number) => ({ op: 'add', path: 'members', value: Array(count).fill({ value: 'a' }) })
    expect(faultOf(() => tolerant({ Operations: Array(4).fill(remove) }))).toBe('413 null')
    expect(faultOf(() => tolerant({ Operations: [add(4)] }))).toBe('accepted')
    expect(faultOf(() => tolerant({ Operations: [add(3), add(2)] }))).toBe('413 null')
    const part = { op: 'add', value: { members: Array(5).fill({ value: 'a' }) } }
    expect(() => tolerant({ Operations: [part] })).toThrow(/4 values/)
  })
})
