import type { ScimDocument } from '../domain/scim-resource.ts'
import type { Strictness } from './coerce-value.ts'
import { groupSchema } from './group-schema.ts'
import { isObject } from './is-object.ts'
import { readDocument, requireBody } from './read-document.ts'
import { ScimFault } from './scim-fault.ts'

/** Members of one body. More come by PATCH, a part at a time. */
const mostMembers = 10_000
const longestId = 256

/**
 * The group that a POST or PUT says, and the ids of its members, each once; none where it names none. Throws ScimFault
 * 400, or 413 for too many members.
 */
export function readGroup(
  body: unknown,
  options: Strictness,
): { readonly document: ScimDocument; readonly members: readonly string[] } {
  return { document: readDocument(groupSchema, body, options), members: readMembers(body, options) }
}

function readMembers(body: unknown, options: Strictness): readonly string[] {
  const key = Object.keys(requireBody(body)).find((each) => each.toLowerCase() === 'members')
  const members = key === undefined ? null : requireBody(body)[key]
  if (members === null || members === undefined || (members === '' && !options.strict)) return []
  if (!Array.isArray(members)) throw new ScimFault(400, 'invalidValue', 'members takes a list')
  if (members.length > mostMembers)
    throw new ScimFault(413, null, `a body takes ${mostMembers} members at most`)
  return [...new Set(members.map((member) => readMemberId(member, options)))]
}

/**
 * The id that a member names. A tolerant connection may send the bare id. Throws ScimFault 400 `invalidValue`.
 */
export function readMemberId(member: unknown, { strict }: Strictness): string {
  const id = isObject(member) ? namedValue(member) : strict ? undefined : member
  if (typeof id !== 'string' || id === '')
    throw new ScimFault(400, 'invalidValue', 'each member needs the id of a user or a group as its value')
  if (id.length > longestId)
    throw new ScimFault(400, 'invalidValue', `an id has ${longestId} characters at most`)
  return id
}

function namedValue(member: Readonly<Record<string, unknown>>): unknown {
  const key = Object.keys(member).find((each) => each.toLowerCase() === 'value')
  return key === undefined ? undefined : member[key]
}
