import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readKeyRing, writeNewKeyRing } from '../../../application/key-ring.ts'

const good = () => randomBytes(32).toString('base64')

describe('a key ring', () => {
  test('holds the active key and those that codes under way still name', () => {
    const [older, newer] = [good(), good()]
    const ring = readKeyRing(JSON.stringify({ active: 'b', keys: { a: older, b: newer } }))
    expect(ring.active).toBe('b')
    expect(ring.key('a')?.toString('base64')).toBe(older)
    expect(ring.key('b')?.toString('base64')).toBe(newer)
    expect(ring.key('c')).toBeNull()
  })

  test('is made anew with one random key', () => {
    const ring = readKeyRing(writeNewKeyRing('first', randomBytes))
    expect(ring.key(ring.active)).toHaveLength(32)
  })

  test.each([
    ['no JSON', 'keys'],
    ['no keys', '{"active":"a"}'],
    ['a list of keys', '{"active":"a","keys":[]}'],
    ['an active key that is not there', JSON.stringify({ active: 'b', keys: { a: good() } })],
    ['a short key', JSON.stringify({ active: 'a', keys: { a: randomBytes(31).toString('base64') } })],
    ['a key that is no text', '{"active":"a","keys":{"a":1}}'],
    ['equal bytes', JSON.stringify({ active: 'a', keys: { a: Buffer.alloc(32, 1).toString('base64') } })],
    [
      'a phrase',
      JSON.stringify({
        active: 'a',
        keys: { a: Buffer.from('change me '.repeat(4).slice(0, 32)).toString('base64') },
      }),
    ],
  ])('with %s is refused', (_, text) => {
    expect(() => readKeyRing(text)).toThrow(/key ring cannot be used/)
  })

  test('never quotes a key in a fault', () => {
    const secret = randomBytes(31).toString('base64')
    expect(() => readKeyRing(`{"active":"a","keys":{"a":"${secret}"}}`)).not.toThrow(secret)
    expect(() => readKeyRing(`{"active":"a","keys":{"a":"${secret}"`)).not.toThrow(secret)
  })
})
