import type { CustomAttributes } from '../../domain/attributes.ts'
import type { ResourceSchema } from '../../scim/scim-schema.ts'
import { userSchema } from '../../scim/user-schema.ts'
import type { ScimWorld } from './scim-world.ts'

const schemas = new WeakMap<CustomAttributes, ResourceSchema>()

/** The schema of users, made once for each configuration: look-ups are remembered by schema object. */
export function schemaOfUsers({ customAttributes }: Pick<ScimWorld, 'customAttributes'>): ResourceSchema {
  const known = schemas.get(customAttributes)
  if (known !== undefined) return known
  const schema = userSchema(customAttributes)
  schemas.set(customAttributes, schema)
  return schema
}
