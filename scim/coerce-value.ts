import type { ScimAttribute } from './scim-schema.ts'

export interface Strictness {
  /** Follow the interoperability profile; else take what real identity providers send. */
  readonly strict: boolean
}

/**
 * One attribute's value made canonical: the schema's names and types, lists as lists, nothing unassigned. Undefined:
 * unassigned (RFC 7643 section 2.5). `where` names the attribute in a fault. Throws ScimFault 400.
 */
export function coerceValue(
  attribute: ScimAttribute,
  value: unknown,
  options: Strictness,
  where: string,
): unknown {
  throw new Error(`not yet: ${attribute.name} ${typeof value} ${options.strict} ${where}`)
}
