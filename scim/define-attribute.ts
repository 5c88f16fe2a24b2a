import type { ScimAttribute } from './scim-schema.ts'

/** What may differ from the characteristics that an attribute has by itself (RFC 7643 section 2.2). */
type Traits = Partial<Omit<ScimAttribute, 'name' | 'type' | 'description'>>

const defaults = {
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
} as const

/** An attribute with the defaults of RFC 7643 section 2.2, but for `traits`. */
export function defineAttribute(
  type: ScimAttribute['type'],
  name: string,
  description: string,
  traits: Traits = {},
): ScimAttribute {
  return { name, type, description, ...defaults, ...traits }
}

/** A text that is compared without regard to case. */
export function defineText(name: string, description: string, traits: Traits = {}): ScimAttribute {
  return defineAttribute('string', name, description, traits)
}

/** A URI; case-exact (RFC 7643 section 2.3.7). */
export function defineReference(
  name: string,
  description: string,
  referenceTypes: readonly string[],
  traits: Traits = {},
): ScimAttribute {
  return defineAttribute('reference', name, description, { caseExact: true, referenceTypes, ...traits })
}

/** One complex value. */
export function defineComplex(
  name: string,
  description: string,
  subAttributes: readonly ScimAttribute[],
  traits: Traits = {},
): ScimAttribute {
  return defineAttribute('complex', name, description, { subAttributes, ...traits })
}

/**
 * A list of complex values with the sub-attributes of RFC 7643 section 2.4 after those given. `types` are the
 * canonical values of `type`.
 */
export function defineList(
  name: string,
  description: string,
  subAttributes: readonly ScimAttribute[],
  types: readonly string[] = [],
): ScimAttribute {
  return defineComplex(
    name,
    description,
    [
      ...subAttributes,
      defineText('display', 'A name for the value, for display.'),
      defineText(
        'type',
        'A label for what the value is for.',
        types.length > 0 ? { canonicalValues: types } : {},
      ),
      defineAttribute('boolean', 'primary', 'True for the preferred value; at most one is.'),
    ],
    { multiValued: true },
  )
}
