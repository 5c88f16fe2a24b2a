import { describe, expect, it } from 'vitest'
import { digestPolicySet } from '../../../policies/digest-policy-set.ts'
import type { ConditionDocument, PolicyDocument } from '../../../policies/policy-schema.ts'
import { settings } from './sample-identity.ts'

const document = (id: string): PolicyDocument => ({
  id,
  mode: 'enforce',
  priority: 1,
  conditions: { all: [] },
  event: { type: 'provision', params: { rights: ['otp-sms'], enroll: [] } },
})
const condition = (id: string): ConditionDocument => ({ id, conditions: { all: [] } })
const digest = (more: Partial<typeof settings> = {}, documents = [document('a'), document('b')]) =>
  digestPolicySet(documents, [condition('c'), condition('d')], { ...settings, ...more })

describe('digestPolicySet', () => {
  it('does not depend on the order of documents, conditions, sources or keys', () => {
    const reversed = [
      { event: document('b').event, id: 'b', conditions: { all: [] }, priority: 1, mode: 'enforce' as const },
      document('a'),
    ]
    expect(digest()).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(digestPolicySet(reversed, [condition('d'), condition('c')], settings)).toBe(digest())
    expect(digest({ groupsFrom: ['corp', 'hr'] })).toBe(digest({ groupsFrom: ['hr', 'corp'] }))
  })

  it('changes with everything that can change a decision', () => {
    const others = [
      digest({}, [document('a')]),
      digest({}, [document('a'), { ...document('b'), mode: 'shadow' }]),
      digest({ timeZone: 'UTC' }),
      digest({ groupsFrom: null }),
      digest({ customAttributes: {} }),
      digestPolicySet([document('a'), document('b')], [condition('c')], settings),
    ]
    expect(new Set([digest(), ...others]).size).toBe(others.length + 1)
  })
})
