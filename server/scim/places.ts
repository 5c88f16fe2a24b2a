import { ScimFault } from '../../scim/scim-fault.ts'
import { HttpFault } from './describe-fault.ts'

/** Where something is, below `/scim/v2`, and the methods that it takes. */
const places: readonly (readonly [RegExp, string])[] = [
  [/^\/(Users|Groups)$/, 'GET, POST'],
  [/^\/(Users|Groups)\/\.search$/, 'POST'],
  [/^\/(Users|Groups)\/[^/]+$/, 'GET, PUT, PATCH, DELETE'],
  [/^\/Bulk$/, 'POST'],
  [/^\/ServiceProviderConfig$/, 'GET'],
  [/^\/(ResourceTypes|Schemas)(\/[^/]+)?$/, 'GET'],
]

/** What SCIM describes and this server has not: the root with its search, and `/Me` (RFC 7644 sections 3.4.2.1, 3.11). */
const absent: readonly (readonly [RegExp, string])[] = [
  [/^\/?$/, 'The root is not searched here: ask /Users or /Groups.'],
  [/^\/\.search$/, 'The root is not searched here: ask /Users/.search or /Groups/.search.'],
  [/^\/Me(\/.*)?$/, 'A token here is of a program, so there is no /Me.'],
]

/** The fault of a request that no route took: 501, 405 with what is allowed, or 404. `path` is below `/scim/v2`. */
export function explainMissing(path: string): ScimFault {
  for (const [place, detail] of absent) {
    if (place.test(path)) return new ScimFault(501, null, detail)
  }
  for (const [place, allow] of places) {
    if (place.test(path))
      return new HttpFault(405, `This method is not for this address, which takes ${allow}.`, { allow })
  }
  return new ScimFault(404, null, 'There is nothing at this address.')
}
