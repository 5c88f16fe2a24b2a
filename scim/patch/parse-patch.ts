import { isObject } from '../is-object.ts'
import { ScimFault } from '../scim-fault.ts'
import type { PatchOperation } from './patch-operation.ts'

export interface PatchCaps {
  /** Follow the interoperability profile; else take what real identity providers send. */
  readonly strict: boolean
  readonly maxOperations: number
  /** Values in lists, over all operations: members above all. */
  readonly maxMembers: number
}

const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const operationNames: ReadonlyMap<string, PatchOperation['op']> = new Map([
  ['add', 'add'],
  ['replace', 'replace'],
  ['remove', 'remove'],
])

/**
 * Reads the body of a PATCH (RFC 7644 section 3.5.2). Names of keys and of operations count in any case. A strict
 * connection must send the schema and a path with each operation. Throws ScimFault 400, and 413 above a cap.
 */
export function parsePatch(body: unknown, caps: PatchCaps): readonly PatchOperation[] {
  if (!isObject(body)) throw invalidSyntax('the body of a PATCH is an object')
  const keys = readKeys(body)
  checkSchemas(keys.get('schemas'), caps.strict)
  const operations = keys.get('operations')
  if (!Array.isArray(operations) || operations.length === 0) {
    throw invalidSyntax('"Operations" is a list of one operation or more')
  }
  if (operations.length > caps.maxOperations) {
    throw new ScimFault(413, null, `a PATCH takes ${caps.maxOperations} operations at most`)
  }
  const parsed = operations.map((operation) => parseOperation(operation, caps.strict))
  if (parsed.reduce((count, { value }) => count + countValues(value), 0) > caps.maxMembers) {
    throw new ScimFault(413, null, `a PATCH takes ${caps.maxMembers} values in its lists at most`)
  }
  return parsed
}

/** Keys in lower case (RFC 7643 section 2.1). One that was sent twice is ambiguous. */
function readKeys(object: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  const keys = new Map<string, unknown>()
  for (const [key, value] of Object.entries(object)) {
    const folded = key.toLowerCase()
    if (keys.has(folded)) throw invalidSyntax('a key stands twice, in different cases')
    keys.set(folded, value)
  }
  return keys
}

function checkSchemas(schemas: unknown, strict: boolean): void {
  if (schemas === undefined && !strict) return
  const named: readonly unknown[] = Array.isArray(schemas) ? schemas : [schemas]
  const isPatch = named.some((urn) => typeof urn === 'string' && urn.toLowerCase() === patchUrn.toLowerCase())
  if (!isPatch) throw invalidSyntax(`"schemas" of a PATCH names ${patchUrn}`)
}

function parseOperation(operation: unknown, strict: boolean): PatchOperation {
  if (!isObject(operation)) throw invalidSyntax('an operation is an object')
  const keys = readKeys(operation)
  const written = keys.get('op')
  const op = typeof written === 'string' ? operationNames.get(written.toLowerCase()) : undefined
  if (op === undefined) throw invalidSyntax('"op" is "add", "remove" or "replace"')
  const path = parsePath(keys.get('path'), strict)
  const value = keys.get('value')
  if (op === 'remove') {
    if (path === null) throw new ScimFault(400, 'noTarget', '"remove" needs a path')
    return { op, path, value }
  }
  if (path === null && strict) throw invalidSyntax('an operation needs a path')
  if (value === undefined) throw new ScimFault(400, 'invalidValue', `"${op}" needs a value`)
  return { op, path, value }
}

function parsePath(path: unknown, strict: boolean): string | null {
  if (path === undefined || path === null || (path === '' && !strict)) return null
  if (typeof path !== 'string') throw new ScimFault(400, 'invalidPath', '"path" is a text')
  return path
}

/** Of a list its length; of a part of a resource those of its lists. */
function countValues(value: unknown): number {
  if (Array.isArray(value)) return value.length
  if (!isObject(value)) return 0
  return Object.values(value).reduce<number>(
    (count, each) => count + (Array.isArray(each) ? each.length : 0),
    0,
  )
}

function invalidSyntax(detail: string): ScimFault {
  return new ScimFault(400, 'invalidSyntax', detail)
}
