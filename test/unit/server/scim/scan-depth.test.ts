import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isNestedDeeper } from '../../../../server/scim/scan-depth.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

it('the depth that is told from bytes is that of the parsed JSON, brackets and quotes in texts included', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 8 }), (value, most) => {
      const bytes = Buffer.from(JSON.stringify(value))
      expect(isNestedDeeper(bytes, most)).toBe(depthOf(JSON.parse(bytes.toString())) > most)
    }),
    { numRuns: 300 },
  )
  expect(isNestedDeeper(Buffer.from(JSON.stringify('[[["\\')), 0)).toBe(false)
})

it('text that never ends, and a megabyte of brackets, are no trouble', () => {
  expect(isNestedDeeper(Buffer.from('"\\'), 0)).toBe(false)
  expect(isNestedDeeper(Buffer.from('['.repeat(1024 * 1024)), 32)).toBe(true)
})
