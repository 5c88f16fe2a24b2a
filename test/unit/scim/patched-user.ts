import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import type { ScimDocument } from '../../../domain/scim-resource.ts'
import { applyPatch } from '../../../scim/patch/apply-patch.ts'
import { parsePatch } from '../../../scim/patch/parse-patch.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'
import type { ResourceSchema } from '../../../scim/scim-schema.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const users = userSchema({
  badge: { type: 'string', multiValued: false },
  skills: { type: 'string', multiValued: true },
})
export const coreUrn = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** Somebody with one of everything that tests change. */
export const anna: ScimDocument = {
  userName: 'anna@example.com',
  active: true,
  title: 'Nurse',
  name: { givenName: 'Anna', familyName: 'Bäcker' },
  emails: [
    { value: 'anna@example.com', type: 'work', primary: true },
    { value: 'anna@home.example', type: 'home' },
  ],
  [enterpriseUrn]: { department: 'Sales', manager: { value: 'm1', $ref: 'https://example.com/m1' } },
  [musterUrn]: { custom: { skills: ['de', 'fr'] } },
}

/** An operation as clients write it. */
export interface Sent {
  readonly op: string
  readonly path?: string
  readonly value?: unknown
}

/** Reads and carries out operations as they are sent, on a document of a schema. */
export function patchOn(
  schema: ResourceSchema,
  document: ScimDocument,
  strict: boolean,
  sent: readonly Sent[],
) {
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: sent }
  const operations = parsePatch(body, { strict, maxOperations: 100, maxMembers: 1000 })
  return applyPatch(schema, document, operations, { strict })
}

/** Operations on Anna, of a tolerant and of a strict connection. */
export const patch = (...sent: readonly Sent[]) => patchOn(users, anna, false, sent)
export const patchStrictly = (...sent: readonly Sent[]) => patchOn(users, anna, true, sent)

/** Status and scimType of the fault that something ends in. */
export function faultOf(run: () => unknown): string {
  try {
    run()
  } catch (cause) {
    if (cause instanceof ScimFault) return `${cause.status} ${cause.scimType}`
    throw cause
  }
  return 'accepted'
}
