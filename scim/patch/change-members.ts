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

/** Changes in order, with those of one kind in a row made one, and each id in them once. */
export function joinChanges(changes: readonly MemberChange[]): readonly MemberChange[] {
  const rows: Row[] = []
  for (const change of changes) {
    const last = rows.at(-1)
    if (change.kind === 'clear') rows.push(change)
    else if (change.ids.length === 0) continue
    else if (last === undefined || last.kind === 'clear' || last.kind !== change.kind)
      rows.push({ kind: change.kind, ids: new Set(change.ids) })
    else for (const id of change.ids) last.ids.add(id)
  }
  return rows.map((row) => (row.kind === 'clear' ? row : { kind: row.kind, ids: [...row.ids] }))
}

type Row =
  | Extract<MemberChange, { readonly kind: 'clear' }>
  | { readonly kind: 'add' | 'remove'; readonly ids: Set<string> }

const everyone: MemberChange = { kind: 'clear', type: null }

function readIds(value: unknown, options: { readonly strict: boolean }): readonly string[] {
  if (value === null || (value === '' && !options.strict)) return []
  const members: readonly unknown[] = Array.isArray(value) ? value : [value]
  return members.map((member) => readMemberId(member, options))
}

/** Members are found by their id or by what they are; anything else would need all of them read. */
function removeSelected(filter: Filter): readonly MemberChange[] {
  if (filter.op === 'or') return filter.filters.flatMap(removeSelected)
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
