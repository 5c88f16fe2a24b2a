import {
  type Attributes,
  type CustomValue,
  coreTextNames,
  type EnterpriseAttributes,
  enterpriseTextNames,
  enterpriseUrn,
  type MusterAttributes,
  musterUrn,
  nameParts,
  type TypedValue,
} from '../domain/attributes.ts'
import type { ScimDocument } from '../domain/scim-resource.ts'
import type { SourceRow } from '../domain/source-row.ts'
import { isObject } from './is-object.ts'

type Trust = 'asserted' | 'claimed'

export interface RowContext {
  /** Names of the user's groups, nested ones resolved, sorted. Null: the source brings no groups. */
  readonly groups: readonly string[] | null
  /** For numbers without a country code (ISO 3166-1 alpha-2), or null. */
  readonly country: string | null
  /** Which addresses people edit themselves (architecture rule 4). */
  readonly trust: { readonly emails: Trust; readonly phoneNumbers: Trust }
}

/**
 * What a user resource says of its person, as a row of its source. `id` is the row's key: a client's `externalId` may
 * change, and may be absent. Values are kept as they were sent; blanks are none.
 */
export function rowOfUser(
  id: string,
  document: ScimDocument,
  { groups, country, trust }: RowContext,
): SourceRow {
  return {
    externalId: id,
    attributes: attributesOf(document, trust),
    active: document['active'] !== false,
    inactiveFrom: null,
    groups,
    country,
  }
}

type Part = Record<string, unknown>

const dateNames = ['startDate', 'endDate'] as const

function attributesOf(document: ScimDocument, trust: RowContext['trust']): Attributes {
  const attributes: Part = pickTexts(document, coreTextNames)
  addPart(attributes, 'name', pickTexts(objectAt(document, 'name'), nameParts))
  addList(attributes, 'emails', document['emails'], trust.emails)
  addList(attributes, 'phoneNumbers', document['phoneNumbers'], trust.phoneNumbers)
  addList(attributes, 'roles', document['roles'], 'asserted')
  addList(attributes, 'entitlements', document['entitlements'], 'asserted')
  addPart(attributes, enterpriseUrn, enterpriseOf(objectAt(document, enterpriseUrn)))
  addPart(attributes, musterUrn, musterOf(objectAt(document, musterUrn)))
  return attributes
}

function pickTexts<Key extends string>(
  from: ScimDocument,
  names: readonly Key[],
): Partial<Record<Key, string>> {
  const texts: Partial<Record<Key, string>> = {}
  for (const name of names) {
    const text = textOf(from[name])
    if (text !== undefined) texts[name] = text
  }
  return texts
}

function addPart(attributes: Part, key: string, part: object): void {
  if (Object.keys(part).length > 0) attributes[key] = part
}

function addList(attributes: Part, key: string, value: unknown, trust: Trust): void {
  if (!Array.isArray(value)) return
  const values = value.flatMap((element) => typedValueOf(element, trust))
  if (values.length > 0) attributes[key] = values
}

function typedValueOf(element: unknown, trust: Trust): readonly TypedValue[] {
  if (!isObject(element)) return []
  const value = textOf(element['value'])
  if (value === undefined) return []
  const typed: { value: string; type?: string; primary?: boolean; trust?: 'claimed' } = { value }
  const type = textOf(element['type'])
  if (type !== undefined) typed.type = type
  if (element['primary'] === true) typed.primary = true
  if (trust === 'claimed') typed.trust = trust
  return [typed]
}

function enterpriseOf(extension: ScimDocument): EnterpriseAttributes {
  const manager = textOf(objectAt(extension, 'manager')['value'])
  return {
    ...pickTexts(extension, enterpriseTextNames),
    ...(manager === undefined ? {} : { manager: { value: manager } }),
  }
}

function musterOf(extension: ScimDocument): MusterAttributes {
  const custom: Record<string, CustomValue> = {}
  for (const [name, value] of Object.entries(objectAt(extension, 'custom'))) {
    const known = customValueOf(value)
    if (known !== undefined) custom[name] = known
  }
  return {
    ...pickTexts(extension, dateNames),
    ...(Object.keys(custom).length > 0 ? { custom } : {}),
  }
}

/** Several values are texts to policies, whatever their type. */
function customValueOf(value: unknown): CustomValue | undefined {
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'number' || typeof value === 'boolean' ? value : textOf(value)
}

function objectAt(document: ScimDocument, key: string): ScimDocument {
  const value = document[key]
  return isObject(value) ? value : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
