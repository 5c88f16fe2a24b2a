import { isObject, type JsonObject, readKey } from './json-object.ts'

/** What of a server's ServiceProviderConfig changes how it is read. */
export interface Capabilities {
  /** Pages by cursor (RFC 9865) rather than by index. */
  readonly cursor: boolean
  /** Whether it pages by index too: only then it has to count. */
  readonly index: boolean
  /** Whether results can be asked for in an order. */
  readonly sort: boolean
  /** Whether results can be filtered: false only where the server says so. */
  readonly filter: boolean
  /** Resources that one page holds at most, where the server says so. */
  readonly maxPageSize: number | null
}

/** Reads a ServiceProviderConfig (RFC 7643 section 5, RFC 9865 section 4); a server without one pages by index. */
export function readCapabilities(document: JsonObject | null): Capabilities {
  const pagination = readPart(document, 'pagination')
  const limits = [readPart(pagination, 'maxPageSize'), readPart(readPart(document, 'filter'), 'maxResults')]
  const known = limits.filter((limit): limit is number => typeof limit === 'number' && limit >= 1)
  return {
    // A cursor keeps its place while people come and go; an index does not.
    cursor: readPart(pagination, 'cursor') === true,
    index: readPart(pagination, 'index') !== false,
    sort: readPart(readPart(document, 'sort'), 'supported') === true,
    filter: readPart(readPart(document, 'filter'), 'supported') !== false,
    maxPageSize: known.length === 0 ? null : Math.floor(Math.min(...known)),
  }
}

function readPart(value: unknown, name: string): unknown {
  return isObject(value) ? readKey(value, name) : undefined
}
