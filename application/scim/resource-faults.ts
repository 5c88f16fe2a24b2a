import { ScimFault } from '../../scim/scim-fault.ts'
import type { Precondition } from './scim-world.ts'

/** Throws 412 where the resource is not the version that was asked for (RFC 7644 section 3.14). */
export function checkVersion(version: number, { ifMatch }: Precondition): void {
  if (ifMatch !== null && ifMatch !== '*' && ifMatch !== version)
    throw new ScimFault(412, null, 'the resource has another version')
}

export function notFound(): ScimFault {
  return new ScimFault(404, null, 'there is no such resource')
}

/** Indexes whose violation is a fault of the request, with the attribute that they keep unique. */
const uniqueAttributes: ReadonlyMap<string, string> = new Map([
  ['scim_users_user_name', 'userName'],
  ['scim_groups_display_name', 'displayName'],
])

/** What a failed write says of the request; anything else is passed on. 409 `uniqueness` (RFC 7644 section 3.3). */
export function faultOfWrite(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const constraint = 'constraint' in error ? String(error.constraint) : ''
  const attribute = uniqueAttributes.get(constraint)
  if (error.code === '23505' && attribute !== undefined)
    return new ScimFault(409, 'uniqueness', `${attribute} is taken by another resource`, error)
  if (error.code === '23503') return unknownMember()
  return error
}

/** A member that the connection has not pushed, or that was deleted meanwhile. */
export function unknownMember(): ScimFault {
  return new ScimFault(400, 'invalidValue', 'members names a resource that does not exist')
}
