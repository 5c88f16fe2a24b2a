import { ScimFault } from '../../scim/scim-fault.ts'
import { scimLimits } from './scim-limits.ts'

/** Which attributes of resources are wanted (RFC 7644 section 3.9). Null: not said. */
export interface AttributeChoice {
  readonly attributes: readonly string[] | null
  readonly excludedAttributes: readonly string[] | null
}

/** What a list is asked for (RFC 7644 sections 3.4.2 and 3.4.3, RFC 9865). */
export interface ListRequest extends AttributeChoice {
  readonly filter: string | null
  readonly filterBytes: number
  readonly sortBy: string | null
  readonly descending: boolean
  readonly startIndex: number
  /** At most a page. */
  readonly count: number
  /** Empty: the first page of cursors. Null: pages by index. */
  readonly cursor: string | null
}

/** Attributes of a query, whose names count in any case (`startindex=0` is seen). Throws `invalidValue`. */
export function readAttributeChoice(query: unknown): AttributeChoice {
  return choiceOf(foldNames(query))
}

/** A list request of a query. Throws `invalidValue`. */
export function readListQuery(query: unknown): ListRequest {
  return listOf(foldNames(query), scimLimits.queryFilterBytes)
}

/** A list request of a body (`POST /.search`, RFC 7644 section 3.4.3). Throws `invalidSyntax` and `invalidValue`. */
export function readSearch(body: unknown, { strict }: { readonly strict: boolean }): ListRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ScimFault(400, 'invalidSyntax', 'A search is a JSON object.')
  const given = foldNames(body)
  checkSchemas(given.get('schemas'), searchSchema, strict)
  return listOf(given, scimLimits.searchFilterBytes)
}

const searchSchema = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

/**
 * Sees that a message is of a schema. Messages without `schemas` are taken unless `strict`; of another one, never.
 * Throws `invalidSyntax`.
 */
export function checkSchemas(schemas: unknown, wanted: string, strict: boolean): void {
  if (schemas === undefined && !strict) return
  const isNamed =
    Array.isArray(schemas) &&
    schemas.some((one) => typeof one === 'string' && one.toLowerCase() === wanted.toLowerCase())
  if (!isNamed) throw new ScimFault(400, 'invalidSyntax', `schemas must hold ${wanted}.`)
}

/** Names in lower case: attribute names count in any case (RFC 7643 section 2.1), and clients take that for parameters. */
export function foldNames(given: unknown): ReadonlyMap<string, unknown> {
  if (typeof given !== 'object' || given === null) return new Map()
  return new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
}

function choiceOf(given: ReadonlyMap<string, unknown>): AttributeChoice {
  return {
    attributes: readNames(given, 'attributes'),
    excludedAttributes: readNames(given, 'excludedAttributes'),
  }
}

function listOf(given: ReadonlyMap<string, unknown>, filterBytes: number): ListRequest {
  const cursor = readText(given, 'cursor')
  if (cursor !== null && given.get('startindex') != null)
    throw new ScimFault(400, 'invalidValue', 'startIndex and cursor exclude each other.')
  const count = readInteger(given, 'count')
  const startIndex = readInteger(given, 'startIndex')
  return {
    ...choiceOf(given),
    filter: readText(given, 'filter'),
    filterBytes,
    sortBy: readText(given, 'sortBy') || null,
    descending: readOrder(given),
    // RFC 7644 section 3.4.2.4: below 1 is 1, below 0 is 0, and more than a page is a page.
    startIndex: Math.max(1, startIndex ?? 1),
    count: Math.min(scimLimits.largestPage, Math.max(0, count ?? scimLimits.defaultPage)),
    cursor,
  }
}

function readOrder(given: ReadonlyMap<string, unknown>): boolean {
  const order = readText(given, 'sortOrder')?.toLowerCase() ?? ''
  if (order !== '' && order !== 'ascending' && order !== 'descending')
    throw new ScimFault(400, 'invalidValue', 'sortOrder is ascending or descending.')
  return order === 'descending'
}

function readText(given: ReadonlyMap<string, unknown>, name: string): string | null {
  const value = given.get(name.toLowerCase()) ?? null
  if (value === null || typeof value === 'string') return value
  throw new ScimFault(400, 'invalidValue', `${name} is one text.`)
}

/** As a number, or in digits as queries have it. */
function readInteger(given: ReadonlyMap<string, unknown>, name: string): number | null {
  const value = given.get(name.toLowerCase()) ?? null
  if (value === null || value === '') return null
  const isInteger =
    (typeof value === 'string' && /^[+-]?\d{1,300}$/.test(value)) ||
    (typeof value === 'number' && Number.isInteger(value))
  if (!isInteger) throw new ScimFault(400, 'invalidValue', `${name} is a whole number.`)
  // Further on than any population reaches, and what PostgreSQL can count to.
  return Math.min(2 ** 31, Math.max(-1, Number(value)))
}

/** With commas in a query, a list in a body. */
function readNames(given: ReadonlyMap<string, unknown>, name: string): readonly string[] | null {
  const value = given.get(name.toLowerCase()) ?? null
  if (value === null) return null
  const texts = Array.isArray(value) ? value : [value]
  if (!texts.every((text) => typeof text === 'string'))
    throw new ScimFault(400, 'invalidValue', `${name} is a list of attribute names.`)
  const names = texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
  return names.length === 0 ? null : names
}
