import type { Address } from '../../../domain/address.ts'
import type { IdentityFacts } from '../../../domain/decision.ts'
import { createFactTable, type FactTable } from '../../../policies/facts/fact-table.ts'
import type { PolicySettings } from '../../../policies/policy-settings.ts'

export const settings: PolicySettings = {
  timeZone: 'Europe/Berlin',
  customAttributes: {
    badge: { type: 'string', multiValued: false },
    level: { type: 'number', multiValued: false },
    certifiedUntil: { type: 'date', multiValued: false },
    reviews: { type: 'date', multiValued: true },
    skills: { type: 'string', multiValued: true },
    remote: { type: 'boolean', multiValued: false },
  },
  groupsFrom: ['corp'],
}

export const facts: FactTable = createFactTable(settings)

export function mobile(value: string, more: Partial<Address> = {}): Address {
  const common = { factor: 'otp-sms', attribute: 'phoneNumbers', type: 'mobile', primary: false } as const
  const rest = {
    country: 'DE',
    lineType: 'mobile',
    source: 'corp',
    trust: 'asserted',
    unusable: null,
  } as const
  return { ...common, ...rest, value, key: value, ...more }
}

export function mailbox(value: string, more: Partial<Address> = {}): Address {
  const common = { factor: 'otp-email', attribute: 'emails', type: 'work', primary: true } as const
  const rest = { country: null, lineType: null, source: 'corp', trust: 'asserted', unusable: null } as const
  return { ...common, ...rest, value, key: value.toLowerCase(), ...more }
}

export function identity(more: Partial<IdentityFacts> = {}): IdentityFacts {
  const id = '6f1c1f9e-0c52-4c8e-9a4e-2f1b8f8f0001'
  return { id, active: true, attributes: {}, addresses: [], sources: ['corp'], ...more }
}
