import type { CustomAttributes } from '../domain/attributes.ts'
import { coreUserSchema } from './core-user.ts'
import { enterpriseUserSchema } from './enterprise-user.ts'
import { musterUserSchema } from './muster-user.ts'
import type { ResourceSchema } from './scim-schema.ts'

/** What `/Users` serves. Make it once and keep it: look-ups are remembered by schema object. */
export function userSchema(customAttributes: CustomAttributes): ResourceSchema {
  return {
    type: 'User',
    endpoint: '/Users',
    core: coreUserSchema,
    extensions: [enterpriseUserSchema, musterUserSchema(customAttributes)],
  }
}
