import type { Filter } from '../../domain/filter.ts'
import { describeElement } from '../filter/describe-resource.ts'
import { parseScimFilter } from '../filter/parse-resource-filter.ts'
import { nameInFault } from '../name-in-fault.ts'
import { type FoundAttribute, findAttribute, findNamed } from '../schema-lookup.ts'
import { ScimFault } from '../scim-fault.ts'
import type { ResourceSchema } from '../scim-schema.ts'

/** Where a path leads. Everything in it is the schema's: no text of the caller's survives but in literals. */
export interface PatchTarget extends FoundAttribute {
  /** Which values of a list are meant; null: all of it. */
  readonly filter: Filter | null
  /** Names the target in a fault. */
  readonly where: string
}

/** Bytes of UTF-8, of the whole path and of the filter in it. */
const maxBytes = 8192
const shape = /^([^[\]]+)(?:\[([\s\S]*)\](?:\.([^.[\]]+))?)?$/
const name = /^[\w$:.-]+$/
/** Nothing could be reached through them, for names are looked up in maps: whoever sends one means no attribute. */
const prototypeWords: ReadonlySet<string> = new Set(
  ['prototype', ...Object.getOwnPropertyNames(Object.prototype)].map((word) => word.toLowerCase()),
)

/** Whether a text is written as a path is, wherever it leads. */
export function isPath(text: string): boolean {
  return readPath(text) !== undefined
}

/**
 * Resolves a path (RFC 7644 section 3.5.2, figure 7): an attribute with or without its URN, a sub-attribute, a value
 * filter in [ ] and a sub-attribute behind it. Undefined: the schema has no such attribute and the connection is
 * tolerant, which ignores it as it does in a body. Throws ScimFault 400 `invalidPath` or `invalidFilter`.
 */
export function resolvePath(
  schema: ResourceSchema,
  path: string,
  options: { readonly strict: boolean },
): PatchTarget | undefined {
  if (Buffer.byteLength(path) > maxBytes) throw invalidPath(`a path takes ${maxBytes} bytes at most`)
  const parts = readPath(path)
  if (parts === undefined) {
    throw invalidPath('a path is the name of an attribute, such as emails[type eq "work"].value')
  }
  const { head, filter, sub } = parts
  refusePrototypeWords(sub === undefined ? head : `${head}.${sub}`)
  const found = findAttribute(schema, head, !options.strict)
  if (found === undefined) return ignoreUnknown(head, options.strict)
  const where = describe(found)
  return filter === undefined
    ? { ...found, filter: null, where }
    : resolveFilter(found, filter, sub, where, options.strict)
}

function resolveFilter(
  found: FoundAttribute,
  text: string,
  subName: string | undefined,
  where: string,
  strict: boolean,
): PatchTarget | undefined {
  const { attribute } = found
  if (attribute === null || found.sub !== null || !attribute.multiValued || attribute.type !== 'complex') {
    throw invalidPath(`${where} takes no value filter in [ ]`)
  }
  const filter = parseScimFilter(text, describeElement(attribute), { maxBytes })
  if (subName === undefined) return { ...found, filter, where }
  const sub = findNamed(attribute.subAttributes ?? [], subName)
  if (sub === undefined) return ignoreUnknown(subName, strict)
  return { ...found, sub, filter, where: `${where}.${sub.name}` }
}

interface PathParts {
  readonly head: string
  readonly filter: string | undefined
  readonly sub: string | undefined
}

function readPath(path: string): PathParts | undefined {
  const match = shape.exec(path.trim())
  const [head, filter, sub] = [match?.[1]?.trim(), match?.[2], match?.[3]?.trim()]
  if (head === undefined || !name.test(head) || (sub !== undefined && !name.test(sub))) return undefined
  return { head, filter, sub }
}

function refusePrototypeWords(names: string): void {
  if (names.split(/[.:]/).some((word) => prototypeWords.has(word.toLowerCase()))) {
    throw invalidPath('the path names no attribute')
  }
}

function ignoreUnknown(unknown: string, strict: boolean): undefined {
  if (strict) throw invalidPath(`there is no attribute ${nameInFault(unknown)}`)
  return undefined
}

function describe({ extension, keys }: FoundAttribute): string {
  return extension === null ? keys.join('.') : [extension, keys.slice(1).join('.')].filter(Boolean).join(':')
}

function invalidPath(detail: string): ScimFault {
  return new ScimFault(400, 'invalidPath', detail)
}
