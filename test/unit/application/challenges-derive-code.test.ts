import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type CodeInput, deriveCode, equalCodes } from '../../../application/derive-code.ts'

const master = Buffer.alloc(32, 0x01)
const input: CodeInput = {
  tenant: 't1',
  challengeId: '0198c0de-0000-7000-8000-000000000001',
  purpose: 'authn',
  channel: 'sms',
  destination: '+33612345678',
  nonce: Buffer.alloc(32, 0x07),
  transactionHash: null,
  generation: 1,
  digits: 6,
}

describe('a derived code', () => {
  test('is the one that is known for a key and a challenge', () => {
    expect(deriveCode(master, input)).toBe('421288')
    expect(deriveCode(master, { ...input, digits: 8 })).toBe('39134139')
    expect(deriveCode(master, { ...input, generation: 2 })).toBe('634662')
    expect(deriveCode(master, { ...input, destination: '+33612345679' })).toBe('164256')
  })

  test('is another one as soon as anything it is bound to changes', () => {
    const digits = 10
    const changed: readonly Partial<CodeInput>[] = [
      { tenant: 't2' },
      { challengeId: '0198c0de-0000-7000-8000-000000000002' },
      { purpose: 'enrollment' },
      { channel: 'email' },
      { destination: '+33612345679' },
      { nonce: Buffer.alloc(32, 0x08) },
      { transactionHash: Buffer.alloc(32, 0x09) },
      { generation: 2 },
      // The same bytes, cut elsewhere.
      { purpose: 'authns', channel: 'ms' },
    ]
    const codes = [
      deriveCode(master, { ...input, digits }),
      deriveCode(Buffer.alloc(32, 0x02), { ...input, digits }),
      ...changed.map((change) => deriveCode(master, { ...input, digits, ...change })),
    ]
    expect(new Set(codes).size).toBe(codes.length)
  })

  test('is spread evenly over all codes, with leading zeros kept', () => {
    const counts = new Array<number>(100).fill(0)
    const rounds = 20_000
    for (let round = 0; round < rounds; round += 1) {
      const code = deriveCode(master, { ...input, nonce: randomBytes(32) })
      expect(code).toMatch(/^[0-9]{6}$/)
      counts[Number(code.slice(0, 2))]! += 1
    }
    const expected = rounds / counts.length
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 99 degrees of freedom: 180 is passed by chance once in a million runs.
    expect(chiSquare).toBeLessThan(180)
  })

  test('is compared with what was typed, whatever its length', () => {
    expect(equalCodes(master, '421288', '421288')).toBe(true)
    expect(equalCodes(master, '421289', '421288')).toBe(false)
    expect(equalCodes(master, '', '421288')).toBe(false)
    expect(equalCodes(master, '4212888', '421288')).toBe(false)
  })
})
