import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TokenBucket } from '../../../../server/scim/token-bucket.ts'

it('a burst is let through, then the rate, and the wait that is told is long enough', () => {
  let now = 0
  const bucket = new TokenBucket({ perSecond: 25, burst: 30 }, () => now)
  for (let n = 0; n < 30; n += 1) expect(bucket.take()).toBeNull()
  expect(bucket.take()).toBe(1)
  now = 40
  expect(bucket.take()).toBeNull()
  expect(bucket.take()).toBe(1)
})

it('no more than burst and rate allow is ever let through, whatever the moments, even of a clock that is set back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -500, max: 2000 }), { maxLength: 200 }), (steps) => {
      let now = 0
      let forward = 0
      let passed = 0
      const bucket = new TokenBucket({ perSecond: 25, burst: 25 }, () => now)
      for (const step of steps) {
        now += step
        forward += Math.max(0, step)
        if (bucket.take() === null) passed += 1
      }
      expect(passed).toBeLessThanOrEqual(25 + (forward * 25) / 1000 + 1e-6)
    }),
    { numRuns: 100 },
  )
})
