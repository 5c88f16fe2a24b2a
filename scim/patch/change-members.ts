import type { Filter } from '../../domain/filter.ts'
import type { MemberChange, ResourceType } from '../../domain/scim-resource.ts'
import { readMemberId } from '../read-group.ts'
import { ScimFault } from '../scim-fault.ts'
import type { PatchOperation } from './patch-operation.ts'
import type { PatchTarget } from './patch-target.ts'
import { isWhole } from './write-value.ts'

/**
 * What an operation does to a group's members, without a look at them. A removal may name members by a value filter
 * (RFC 7644 section 3.5.2.2) or, as Entra ID does, by a list; one that names none empties the group. Throws
 * ScimFault 400.
 */
export function changeMembers(
  operation: PatchOperation,
  target: Pick<PatchTarget, 'filter' | 'sub'>,
  options: { readonly strict: boolean },
): readonly MemberChange[] {
  const { op, value } = operation
  const { filter, sub } = target
  if (sub !== null) throw new ScimFault(400, 'mutability', 'what a group says of a member cannot be changed')
  if (op === 'remove') {
    if (filter !== null) return removeSelected(filter)
    return isWhole(value) ? [everyone] : [{ kind: 'remove', ids: readIds(value, options) }]
  }
  if (filter !== null) throw new ScimFault(400, 'noTarget', 'members are added by a list, without a filter')
  const added: MemberChange = { kind: 'add', ids: readIds(value, options) }
  return op === 'replace' ? [everyone, added] : [added]
}

/** Changes in order, with those of one kind in a row made one. */
export function appendChanges(
  changes: readonly MemberChange[],
  more: readonly MemberChange[],
): readonly MemberChange[] {
  return more.reduce(appendChange, changes)
}

const everyone: MemberChange = { kind: 'clear', type: null }

function appendChange(changes: readonly MemberChange[], change: MemberChange): readonly MemberChange[] {
  if (change.kind === 'clear') return [...changes, change]
  if (change.ids.length === 0) return changes
  const last = changes.at(-1)
  if (last === undefined || last.kind !== change.kind) return [...changes, change]
  const ids = [...new Set([...last.ids, ...change.ids])]
  return [...changes.slice(0, -1), { kind: change.kind, ids }]
}

function readIds(value: unknown, options: { readonly strict: boolean }): readonly string[] {
  if (value === null || (value === '' && !options.strict)) return []
  const members: readonly unknown[] = Array.isArray(value) ? value : [value]
  return [...new Set(members.map((member) => readMemberId(member, options)))]
}

/** Members are found by their id or by what they are; anything else would need all of them read. */
function removeSelected(filter: Filter): readonly MemberChange[] {
  if (filter.op === 'or') return appendChanges([], filter.filters.flatMap(removeSelected))
  const isEquation = filter.op === 'compare' && filter.operator === 'eq' && typeof filter.value === 'string'
  const name = isEquation ? filter.attribute.path[0] : undefined
  if (!isEquation || (name !== 'value' && name !== 'type'))
    throw new ScimFault(400, 'invalidFilter', 'members are selected by value eq "id" or type eq "User"')
  const value = String(filter.value)
  if (name === 'value') return [{ kind: 'remove', ids: [value] }]
  const type = types.get(value.toLowerCase())
  // Of any other type there are no members, and to remove none of them is no fault.
  return type === undefined ? [] : [{ kind: 'clear', type }]
}

const types: ReadonlyMap<string, ResourceType> = new Map([
  ['user', 'User'],
  ['group', 'Group'],
])
