import { describe, expect, test } from 'vitest'
import { checkStorable } from '../../../scim/check-storable.ts'

function nested(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
}

describe('checkStorable', () => {
  test.each([
    ['U+0000 in a text', { a: ['x\u0000y'] }],
    ['U+0000 in a key', { 'a\u0000': 1 }],
    ['a lone high surrogate', { a: '\ud800' }],
    ['a lone low surrogate', { a: 'x\udc00y' }],
    ['surrogates in the wrong order', { a: '\udc00\ud800' }],
    ['a lone surrogate in a key', { '\ud800': 1 }],
    ['a number beyond all numbers', JSON.parse('{"a":1e400}')],
    ['33 levels', nested(33)],
    ['5,000 levels', nested(5000)],
  ])('what PostgreSQL cannot hold, or nobody means, is refused: %s', (_, body) => {
    expect(() => checkStorable(body)).toThrow(
      expect.objectContaining({ status: 400, scimType: 'invalidValue' }),
    )
  })

  test.each([
    ['pairs of surrogates', { a: '👩‍🚀', '👍': 1 }],
    ['control characters', { a: '\u0001\n\t\u007f' }],
    ['U+FFFF and U+FFFE', { a: '\uffff\ufffe' }],
    ['the largest number', { a: Number.MAX_VALUE }],
    ['32 levels', nested(32)],
    ['a text', 'text'],
    ['nothing', null],
  ])('anything else passes: %s', (_, body) => {
    expect(() => checkStorable(body)).not.toThrow()
  })
})
