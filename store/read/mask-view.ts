import type { AddressAttribute } from '../../domain/address.ts'
import type { Attributes, TypedValue } from '../../domain/attributes.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import { maskAddress } from '../../domain/masked.ts'

const factorOf = { emails: 'otp-email', phoneNumbers: 'otp-sms' } as const satisfies Record<
  AddressAttribute,
  Factor
>

/** Attributes with every mailbox and number masked. */
export function maskAttributes(attributes: Attributes): Attributes {
  return {
    ...attributes,
    ...(attributes.emails && { emails: maskValues('emails', attributes.emails) }),
    ...(attributes.phoneNumbers && { phoneNumbers: maskValues('phoneNumbers', attributes.phoneNumbers) }),
  }
}

/**
 * The rows that an audit event keeps (effects, details) with their addresses masked: wherever an object names its
 * factor, its address and value are. The folded key, which is the address again, is left out.
 */
export function maskRows(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskRows)
  if (typeof value !== 'object' || value === null) return value
  const factor = 'factor' in value ? factors.find((known) => known === value.factor) : undefined
  const masked: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(value)) {
    if (factor === undefined || !addressNames.has(name)) masked[name] = maskRows(part)
    else if (name !== 'key') masked[name] = typeof part === 'string' ? maskAddress(factor, part) : null
  }
  return masked
}

const addressNames: ReadonlySet<string> = new Set(['address', 'value', 'key'])

function maskValues(attribute: AddressAttribute, values: readonly TypedValue[]): readonly TypedValue[] {
  return values.map((typed) => ({ ...typed, value: maskAddress(factorOf[attribute], typed.value) }))
}
