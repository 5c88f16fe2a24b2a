import { foldKey } from '../domain/fold-key.ts'
import type { ScimDocument } from '../domain/scim-resource.ts'
import { isObject } from './is-object.ts'
import { ScimFault } from './scim-fault.ts'
import type { ResourceSchema, ScimAttribute } from './scim-schema.ts'

/** Folded characters of a name that must be there and be unique. */
const longestName = 256
/** Folded characters of what is looked up by an index, whose entries PostgreSQL limits to a third of a page. */
const longestKey = 512
/** Bytes of UTF-8 of a whole document. */
const largestDocument = 256 * 1024

const indexedTexts: ReadonlySet<string> = new Set(['displayName', 'externalId'])
const indexedLists: ReadonlySet<string> = new Set(['emails', 'phoneNumbers'])

/**
 * Refuses a document that may not be stored, whatever made it: a required attribute that is absent or blank, a name
 * that is too long, a document that is too large. Throws ScimFault 400 `invalidValue`.
 */
export function checkDocument(schema: ResourceSchema, document: ScimDocument): void {
  for (const attribute of schema.core.attributes) {
    if (attribute.required) checkRequired(attribute, document[attribute.name])
  }
  for (const [name, value] of Object.entries(document)) {
    if (indexedTexts.has(name)) checkKey(value, name)
    else if (indexedLists.has(name) && Array.isArray(value)) checkKeys(value, name)
  }
  checkSize(document)
}

function checkRequired({ name }: ScimAttribute, value: unknown): void {
  const folded = typeof value === 'string' ? foldKey(value) : ''
  if (folded === '') throw new ScimFault(400, 'invalidValue', `${name} is required`)
  if (folded.length > longestName)
    throw new ScimFault(400, 'invalidValue', `${name} takes ${longestName} characters at most`)
}

function checkKeys(elements: readonly unknown[], name: string): void {
  for (const element of elements) if (isObject(element)) checkKey(element['value'], `${name}.value`)
}

function checkKey(value: unknown, where: string): void {
  // Folding makes 18 characters of one at worst.
  if (typeof value !== 'string' || value.length * 18 <= longestKey) return
  if (value.length > longestKey || foldKey(value).length > longestKey)
    throw new ScimFault(400, 'invalidValue', `${where} takes ${longestKey} characters at most`)
}

function checkSize(document: ScimDocument): void {
  const text = JSON.stringify(document)
  if (text.length * 3 > largestDocument && Buffer.byteLength(text) > largestDocument)
    throw new ScimFault(400, 'invalidValue', `a resource takes ${largestDocument / 1024} KiB at most`)
}
