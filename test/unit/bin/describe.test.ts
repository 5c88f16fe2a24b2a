import { describe, expect, test } from 'vitest'
import { describeEvent } from '../../../bin/output/describe-event.ts'
import { describeIdentity, describeRight } from '../../../bin/output/describe-identity.ts'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { describeLinkFault } from '../../../domain/link-fault.ts'

test('an identity is told under the names that filters and policies use', () => {
  const lines = describeIdentity({
    id: '1',
    userName: 'anna',
    active: true,
    attributes: {
      name: { givenName: 'Anna' },
      emails: [{ value: 'a••••b@example.com', type: 'work', source: 'corp' }],
      [enterpriseUrn]: { department: 'Sales', manager: { value: '7' } },
      [musterUrn]: { startDate: '2026-03-01', custom: { badge: 'B1', skills: ['x', 'y'] } },
    },
    records: [{ source: 'corp', externalId: '1', seenAt: null, missingSince: '2026-04-01T00:00:00.000Z' }],
    rights: [],
    enrollments: [],
    unusable: [],
    reviewAt: null,
  })
  expect(lines).toEqual([
    'anna  active  1',
    '  name.givenName: Anna',
    '  emails: a••••b@example.com (work, corp)',
    '  department: Sales',
    '  manager.value: 7',
    '  startDate: 2026-03-01',
    '  custom.badge: B1',
    '  custom.skills: x',
    '  custom.skills: y',
    'records:',
    '  corp:1  missing since 2026-04-01T00:00:00.000Z',
    'rights: none',
    'enrollments: none',
    'cannot be used: none',
  ])
})

test('a right names its clients where it counts for some, and is short where it counts for none', () => {
  const right = { factor: 'otp-sms', origins: [], denials: [] } as const
  expect(describeRight({ ...right, effective: true, clients: null })).toEqual(['otp-sms  effective'])
  expect(describeRight({ ...right, effective: true, clients: ['timesheet', 'portal'] })).toEqual([
    'otp-sms  effective for timesheet, portal only',
  ])
  expect(describeRight({ ...right, effective: false, clients: [] })).toEqual(['otp-sms  not effective'])
})

describe('an audit event on one line', () => {
  const event = {
    id: '1',
    at: '2026-03-01T00:00:00.000Z',
    actor: { kind: 'admin', id: 'root' },
    identity: 'i',
    run: null,
    policySet: null,
    reason: 'on call',
  } as const

  test('says what a person decided, and why', () => {
    const detail = { factor: 'otp-sms', effect: 'grant', until: null, after: { origins: [] } }
    expect(describeEvent({ ...event, action: 'right-set', effects: [], detail })).toBe(
      '2026-03-01T00:00:00.000Z  right-set  by admin root  on i  factor=otp-sms effect=grant  because: on call',
    )
  })

  test('counts the effects of a plan', () => {
    const effects = [{ op: 'enroll' }, { op: 'grant-right' }, { op: 'enroll' }]
    expect(describeEvent({ ...event, action: 'plan-applied', effects, detail: null, reason: null })).toBe(
      '2026-03-01T00:00:00.000Z  plan-applied  by admin root  on i  enroll×2 grant-right',
    )
  })
})

test('why a record is linked to nobody is told in words', () => {
  expect(describeLinkFault('ambiguous:emails')).toBe('emails leads to more than one identity')
})
