import { expect, test } from 'vitest'
import type { Address } from '../../../domain/address.ts'
import type { ExplainedDecision } from '../../../domain/decision.ts'
import { viewDecision } from '../../../domain/decision-view.ts'

function mobile(value: string): Address {
  return {
    factor: 'otp-sms',
    attribute: 'phoneNumbers',
    value,
    key: value,
    type: 'mobile',
    primary: false,
    country: 'DE',
    lineType: 'mobile',
    source: 'corp',
    trust: 'asserted',
    unusable: null,
  }
}

const decision: ExplainedDecision = {
  identity: '1',
  policySet: 'sha256:1',
  rights: [],
  wishes: [
    {
      policy: 'field',
      priority: 1,
      factor: 'otp-sms',
      attribute: 'phoneNumbers',
      candidates: [mobile('+4915112345671'), mobile('+4915112345672')],
      take: 'all',
      max: 1,
      onChange: 'replace',
      onUnmatch: 'suspend',
      proof: 'asserted',
      reenroll: false,
    },
  ],
  unusable: [
    { factor: 'otp-sms', attribute: 'phoneNumbers', source: 'hr', value: '030 123456', reason: 'landline' },
  ],
  reviewAt: null,
  reasons: [
    {
      policy: 'field',
      mode: 'enforce',
      target: true,
      matched: true,
      conditions: [
        {
          fact: 'phoneNumbers.mobile',
          operator: 'present',
          value: true,
          actual: ['+4915112345671'],
          result: true,
        },
        { fact: 'userType', operator: 'equal', value: 'employee', actual: 'employee', result: true },
      ],
    },
  ],
}

test('a decision shows what the plan would enroll, and what is over a limit among the unusable', () => {
  const view = viewDecision(decision, [], true)
  expect(view.enrollments).toEqual([
    {
      factor: 'otp-sms',
      address: '+4915112345671',
      policy: 'field',
      source: 'corp',
      attribute: 'phoneNumbers',
    },
  ])
  expect(view.unusable.map(({ value, reason }) => [value, reason])).toEqual([
    ['030 123456', 'landline'],
    ['+4915112345672', 'over-limit'],
  ])
})

test('no address of a decision is shown unless it was revealed, not even in what a comparison found', () => {
  const view = viewDecision(decision, [], false)
  expect(JSON.stringify(view)).not.toMatch(/151123456|123456/)
  expect(view.reasons[0]?.conditions.map(({ actual }) => actual)).toEqual([['+49•••••••••71'], 'employee'])
})
