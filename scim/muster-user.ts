import { type AttributeType, type CustomAttributes, musterUrn } from '../domain/attributes.ts'
import { defineAttribute, defineComplex } from './define-attribute.ts'
import type { ScimAttribute, ScimSchema } from './scim-schema.ts'

const scimTypes: Readonly<Record<AttributeType, ScimAttribute['type']>> = {
  string: 'string',
  boolean: 'boolean',
  number: 'decimal',
  date: 'dateTime',
}

/** Our own extension: the days of a contract, and the attributes that the configuration declares. */
export function musterUserSchema(customAttributes: CustomAttributes): ScimSchema {
  const declared = Object.entries(customAttributes).map(([name, { type, multiValued }]) =>
    defineAttribute(scimTypes[type], name, 'Declared by the configuration.', { multiValued }),
  )
  return {
    id: musterUrn,
    name: 'Muster User',
    description: 'What Muster knows of a person beyond RFC 7643',
    attributes: [
      defineAttribute(
        'dateTime',
        'startDate',
        'When the person starts; a plain day (YYYY-MM-DD) is taken too.',
      ),
      defineAttribute('dateTime', 'endDate', 'When the person ends; a plain day (YYYY-MM-DD) is taken too.'),
      ...(declared.length > 0
        ? [defineComplex('custom', 'The attributes that the configuration declares.', declared)]
        : []),
    ],
  }
}
