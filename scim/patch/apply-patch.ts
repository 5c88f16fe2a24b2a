import type { MemberChange, ScimDocument } from '../../domain/scim-resource.ts'
import { changedAttributes } from '../changed-attributes.ts'
import { checkDocument } from '../check-document.ts'
import { isObject } from '../is-object.ts'
import { ScimFault } from '../scim-fault.ts'
import type { ResourceSchema, ScimAttribute } from '../scim-schema.ts'
import { changeMembers, joinChanges } from './change-members.ts'
import type { PatchOperation } from './patch-operation.ts'
import { isPath, type PatchTarget, resolvePath } from './patch-target.ts'
import { writeList } from './write-list.ts'
import { type Part, partOf, setPart, tidyPart, writeAttribute } from './write-value.ts'

export interface Patched {
  /** The document that was given, where nothing changed. */
  readonly document: ScimDocument
  /** The names of what differs, as `changedAttributes` gives them. */
  readonly changed: readonly string[]
  /** What happens to a group's members, in order. */
  readonly members: readonly MemberChange[]
}

/**
 * Carries out the operations of a PATCH one after the other (RFC 7644 section 3.5.2). The document that is given is
 * never touched, so a fault in any operation leaves all of it as it was. Throws ScimFault 400.
 */
export function applyPatch(
  schema: ResourceSchema,
  document: ScimDocument,
  operations: readonly PatchOperation[],
  options: { readonly strict: boolean },
): Patched {
  const state: State = { schema, strict: options.strict, document, members: [] }
  for (const operation of operations) applyOperation(state, operation)
  const members = joinChanges(state.members)
  const changed = changedAttributes(document, state.document)
  if (changed.length === 0) return { document, changed, members }
  checkDocument(schema, state.document)
  return { document: state.document, changed, members }
}

interface State {
  readonly schema: ResourceSchema
  readonly strict: boolean
  document: ScimDocument
  readonly members: MemberChange[]
}

function applyOperation(state: State, operation: PatchOperation): void {
  const { path } = operation
  if (path === null) {
    applyPart(state, operation, '')
    return
  }
  const target = resolvePath(state.schema, path, state)
  if (target === undefined) return
  refuseReadOnly(target)
  applyTarget(state, operation, target)
}

/**
 * A value that is a part of the resource, or of an extension: each key is a path of its own, and may be dotted or
 * carry a URN. What only the server sets is ignored: Okta repeats the `id` of a group.
 */
function applyPart(state: State, operation: PatchOperation, prefix: string): void {
  const { op, value } = operation
  if (!isObject(value)) throw new ScimFault(400, 'invalidValue', 'the value is a part of the resource')
  for (const [key, each] of Object.entries(value)) {
    // Vendors put anything into keys: what names no attribute is as unknown as an attribute that there is not.
    if (!state.strict && !isPath(key)) continue
    const target = resolvePath(state.schema, prefix + key, state)
    if (target === undefined || isReadOnly(target)) continue
    applyTarget(state, { op, path: key, value: each }, target)
  }
}

function applyTarget(state: State, operation: PatchOperation, target: PatchTarget): void {
  const { attribute, extension } = target
  if (attribute === null) {
    if (extension !== null) applyExtension(state, operation, extension)
    return
  }
  if (state.schema.type === 'Group' && attribute.name === 'members') {
    state.members.push(...changeMembers(operation, target, state))
    return
  }
  if (operation.op === 'remove') refuseRemoval(target)
  const part = extension === null ? state.document : partOf(state.document[extension])
  const next = writeTarget(part[attribute.name], operation, target, attribute, state.strict)
  const written = setPart(part, attribute.name, next)
  state.document = extension === null ? written : setExtension(state.document, extension, written)
}

/** Parts of an extension are merged; only a strict replacement leaves nothing else in it. */
function applyExtension(state: State, operation: PatchOperation, extension: string): void {
  const { op, value } = operation
  const isCleared = op === 'remove' || (op === 'replace' && (value === null || state.strict))
  if (isCleared) state.document = setExtension(state.document, extension, {})
  if (op !== 'remove' && value !== null) applyPart(state, operation, `${extension}:`)
}

function writeTarget(
  current: unknown,
  operation: PatchOperation,
  target: PatchTarget,
  attribute: ScimAttribute,
  strict: boolean,
): unknown {
  const { op, value } = operation
  const { filter, sub, where } = target
  if (attribute.multiValued && attribute.type === 'complex') {
    return writeList(attribute, current, { op, value, filter, sub, strict, where })
  }
  if (sub === null) {
    const next = writeAttribute(attribute, current, { op, value, strict, where })
    return next === undefined && where === 'active' ? keepActive(current, strict) : next
  }
  const object = partOf(current)
  const next = writeAttribute(sub, object[sub.name], { op, value, strict, where })
  return tidyPart(object, setPart(object, sub.name, next))
}

function setExtension(document: ScimDocument, extension: string, part: Part): ScimDocument {
  return setPart(document, extension, Object.keys(part).length === 0 ? undefined : part)
}

function isReadOnly({ attribute, sub }: PatchTarget): boolean {
  return attribute?.mutability === 'readOnly' || sub?.mutability === 'readOnly'
}

/** RFC 7644 section 3.5.2: a path to what only the server sets is a fault. Throws ScimFault 400 `mutability`. */
function refuseReadOnly(target: PatchTarget): void {
  if (isReadOnly(target)) throw new ScimFault(400, 'mutability', `${target.where} is read-only`)
}

/** RFC 7644 section 3.5.2.2. `active` always has a value: to take it away would bring a leaver back, or not, by chance. */
function refuseRemoval({ attribute, sub, where }: PatchTarget): void {
  if (sub === null && (attribute?.required === true || where === 'active'))
    throw new ScimFault(400, 'mutability', `${where} cannot be removed`)
}

/** An `active` of null says nothing, as in a PUT that leaves it out. */
function keepActive(current: unknown, strict: boolean): unknown {
  if (strict) throw new ScimFault(400, 'invalidValue', 'active takes true or false')
  return current
}
