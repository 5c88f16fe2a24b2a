import type { CustomAttributes } from '../../domain/attributes.ts'
import type { SourceRow } from '../../domain/source-row.ts'
import { checkStorable } from '../../scim/check-storable.ts'
import { readUser } from '../../scim/read-user.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import { rowOfUser } from '../../scim/user-row.ts'
import { userSchema } from '../../scim/user-schema.ts'
import { EntryFault } from '../source-values.ts'
import { isObject, type JsonObject, readKey } from './json-object.ts'

/** Makes the row of a user as the server showed it. Throws `EntryFault` for one that cannot be used. */
export type UserMapper = (id: string, resource: JsonObject, groups: readonly string[] | null) => SourceRow

export function makeUserMapper(settings: {
  readonly custom: CustomAttributes
  readonly country: string | null
  readonly trust: { readonly emails: 'asserted' | 'claimed'; readonly phoneNumbers: 'asserted' | 'claimed' }
}): UserMapper {
  const { country, trust } = settings
  const schema = userSchema(settings.custom)
  return (id, resource, groups) => {
    try {
      checkStorable(resource)
      return rowOfUser(id, readUser(schema, resource, { strict: false }), { groups, country, trust })
    } catch (error) {
      if (error instanceof ScimFault) throw new EntryFault('bad-row', error.message)
      throw error
    }
  }
}

/** The groups that a user names (RFC 7643 section 4.1.2), each once, sorted. */
export function readGroupNames(resource: JsonObject): readonly string[] {
  const groups = readKey(resource, 'groups') ?? []
  if (!Array.isArray(groups)) throw new EntryFault('bad-row', 'groups is no list')
  const names = groups.map((group: unknown) => {
    const name = isObject(group) ? readKey(group, 'display') : undefined
    if (typeof name !== 'string' || name.trim() === '')
      throw new EntryFault('bad-row', 'a value of groups has no display')
    return name
  })
  return [...new Set(names)].sort()
}
