import { SourceFault } from '../source-fault.ts'
import { type JsonObject, readKey } from './json-object.ts'

/** What is asked of one page. Names and meaning are those of RFC 7644 section 3.4.2 and RFC 9865 section 2. */
export interface ListQuery {
  readonly count: number
  readonly startIndex: number | null
  /** Empty: the first page by cursor. */
  readonly cursor: string | null
  readonly sortBy: 'id' | null
  /** RFC 7644 section 3.4.2.2. */
  readonly filter: string | null
  readonly attributes: string | null
  readonly excludedAttributes: string | null
}

export interface ListPage {
  /** Null: not told, as RFC 9865 allows with cursors. */
  readonly totalResults: number | null
  readonly nextCursor: string | null
  readonly resources: readonly unknown[]
}

/** The query of a GET. */
export function writeListQuery(query: ListQuery): string {
  return (
    new URLSearchParams(namedParts(query).map(([name, value]): [string, string] => [name, String(value)]))
      .toString()
      // A blank as forms write it is not understood everywhere; a plus sign itself is %2B already.
      .replaceAll('+', '%20')
  )
}

/** The body of a POST to `.search` (RFC 7644 section 3.4.3). */
export function writeSearchRequest(query: ListQuery): string {
  const parts = namedParts(query).map(([name, value]) =>
    name.endsWith('ttributes') ? [name, String(value).split(',')] : [name, value],
  )
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest']
  return JSON.stringify({ schemas, ...Object.fromEntries(parts) })
}

/** Reads a ListResponse, in whatever case its keys are. Throws `SourceFault` `malformed`. */
export function readListPage(body: JsonObject): ListPage {
  const totalResults = readTotal(readKey(body, 'totalResults'))
  // An object that is no list at all is not an empty one.
  const resources = readKey(body, 'Resources') ?? (totalResults === 0 ? [] : null)
  if (!Array.isArray(resources)) throw new SourceFault('malformed', 'an answer has no list of Resources')
  return {
    totalResults,
    nextCursor: readCursor(readKey(body, 'nextCursor')),
    resources,
  }
}

function namedParts(query: ListQuery): readonly (readonly [string, string | number])[] {
  const { startIndex, cursor, count, sortBy, filter, attributes, excludedAttributes } = query
  const parts = { startIndex, cursor, count, sortBy, filter, attributes, excludedAttributes }
  return Object.entries(parts).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
}

function readTotal(value: unknown): number | null {
  if (value === undefined) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new SourceFault('malformed', 'totalResults is no count')
}

function readCursor(value: unknown): string | null {
  if (value === undefined || value === '') return null
  if (typeof value === 'string') return value
  throw new SourceFault('malformed', 'nextCursor is no text')
}
