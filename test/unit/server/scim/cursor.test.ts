import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openKeyRing } from '../../../../application/key-ring.ts'
import { CursorBox, type CursorScope } from '../../../../server/scim/cursor.ts'

const key = randomBytes(32)
const position = { value: 'Ärzte & Söhne', id: '01a21420-4e25-7048-85a5-ac5591945404' }
const scope: CursorScope = { source: 'hr', tokenId: 't1', resource: 'User', query: 'q', count: 10 }
let now = 0
const box = () =>
  new CursorBox(openKeyRing({ active: 'k1', keys: new Map([['k1', key]]) }), () => new Date(now))

const fault = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}

describe('a cursor', () => {
  it('gives its position back to another process with the same keys', () => {
    expect(box().open(box().seal(position, scope), scope)).toEqual(position)
  })

  it('is written in URL-unreserved characters and says nothing of the position (RFC 9865 section 2.1)', () => {
    const cursor = box().seal(position, scope)
    expect(cursor).toMatch(/^[A-Za-z0-9._~-]+$/)
    expect(Buffer.from(cursor.split('.')[1] ?? '', 'base64url').includes('rzte')).toBe(false)
  })

  it.each([
    ['another connection', { source: 'corp' }],
    ['another token', { tokenId: 't2' }],
    ['another resource type', { resource: 'Group' }],
    ['another query', { query: 'p' }],
  ] as const)('is invalidCursor for %s (RFC 9865 section 5.2)', (_, change) => {
    const cursor = box().seal(position, scope)
    expect(fault(() => box().open(cursor, { ...scope, ...change }))).toMatchObject({
      status: 400,
      scimType: 'invalidCursor',
    })
  })

  it('is invalidCount where pages change their size (RFC 9865 section 2.1)', () => {
    const cursor = box().seal(position, scope)
    expect(fault(() => box().open(cursor, { ...scope, count: 11 }))).toMatchObject({
      scimType: 'invalidCount',
    })
  })

  it('is expiredCursor after ten minutes, and not a moment before (RFC 9865 section 2.1)', () => {
    now = 0
    const cursor = box().seal(position, scope)
    now = 600_000
    expect(box().open(cursor, scope)).toEqual(position)
    now = 600_001
    expect(fault(() => box().open(cursor, scope))).toMatchObject({ scimType: 'expiredCursor' })
    now = 0
  })

  it('cannot be made or changed by anybody without the key', () => {
    const cursor = box().seal(position, scope)
    const [id = '', text = ''] = cursor.split('.')
    const forged = Buffer.from(text, 'base64url')
    forged[20] = (forged[20] ?? 0) ^ 1
    const other = openKeyRing({ active: 'k1', keys: new Map([['k1', randomBytes(32)]]) })
    for (const bad of [
      `${id}.${forged.toString('base64url')}`,
      `${id}.AAAA`,
      `${Buffer.from('k9').toString('base64url')}.${text}`,
      text,
      '.',
      'a.b.c',
      '__proto__.AAAA',
      'x'.repeat(100_000),
      new CursorBox(other, () => new Date(0)).seal(position, scope),
    ])
      expect(fault(() => box().open(bad, scope))).toMatchObject({ scimType: 'invalidCursor' })
  })
})
