import { describe, expect, test } from 'vitest'
import { enrollmentLock, identityLock, typedDigits } from '../../../domain/challenge-tries.ts'

describe('failures in a row', () => {
  test('bring a pause at 10 and at 25, and a lock for good from 50 on', () => {
    const locks = Array.from({ length: 60 }, (_, at) => enrollmentLock(at))
    expect(locks.flatMap((lock, at) => (typeof lock === 'number' ? [[at, lock / 60_000]] : []))).toEqual([
      [10, 15],
      [25, 60],
    ])
    expect(locks.indexOf('for-good')).toBe(50)
    expect(locks.slice(50).every((lock) => lock === 'for-good')).toBe(true)
  })

  test('over a person bring a pause at every 30', () => {
    expect([0, 29, 30, 31, 60].map(identityLock)).toEqual([null, null, 900_000, null, 900_000])
  })
})

describe('a typed code', () => {
  test.each([
    ' 123456 ',
    '123 456',
    '123-456',
    '123\u00a0456',
    '12–34–56',
    '123.456',
    '\u200e123456\n',
    '123/456',
  ])('is read without what it is written with: %j', (text) => expect(typedDigits(text)).toBe('123456'))

  test('keeps what is no separator, so that it is wrong', () => {
    expect(typedDigits('12345a')).toBe('12345a')
    expect(typedDigits('')).toBe('')
  })
})
