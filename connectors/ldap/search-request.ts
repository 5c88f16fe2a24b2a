import { encodeBoolean, encodeElement, encodeInteger, encodeText } from './ber-writer.ts'

/** The control of RFC 2696. */
export const pagedResultsOid = '1.2.840.113556.1.4.319'

/** What is searched; sent as it is, page after page. */
export interface Search {
  readonly base: string
  readonly scope: 'base' | 'one' | 'sub'
  /** Encoded by `encodeFilter`. */
  readonly filter: Buffer
  readonly attributes: readonly string[]
  /** Active Directory: no references to other domains. */
  readonly domainScope?: boolean
}

export interface Paging {
  readonly size: number
  /** Empty for the first page. */
  readonly cookie: Buffer
}

/** LDAP_SERVER_DOMAIN_SCOPE_OID ([MS-ADTS] 3.1.1.3.4.1.4). */
const domainScopeOid = '1.2.840.113556.1.4.1339'

const scopes = { base: 0, one: 1, sub: 2 }

/**
 * A search request (RFC 4511 section 4.5.1) without limits of ours: a limit that is exceeded looks like success in
 * some servers. With `paging`, the control is critical: a server that cannot page must say so.
 */
export function encodeSearchRequest(id: number, search: Search, paging: Paging | null): Buffer {
  const operation = encodeElement(
    0x63,
    encodeText(search.base),
    encodeInteger(scopes[search.scope], 0x0a),
    encodeInteger(0, 0x0a),
    encodeInteger(0),
    encodeInteger(0),
    encodeBoolean(false),
    search.filter,
    encodeElement(0x30, ...search.attributes.map((name) => encodeText(name))),
  )
  const controls: Buffer[] = []
  if (paging) controls.push(encodePagingControl(paging))
  if (search.domainScope === true) controls.push(encodeElement(0x30, encodeText(domainScopeOid)))
  const tail = controls.length > 0 ? [encodeElement(0xa0, ...controls)] : []
  return encodeElement(0x30, encodeInteger(id), operation, ...tail)
}

/** The polite end of a connection (RFC 4511 section 4.3). */
export function encodeUnbindRequest(id: number): Buffer {
  return encodeElement(0x30, encodeInteger(id), encodeElement(0x42))
}

function encodePagingControl({ size, cookie }: Paging): Buffer {
  const value = encodeElement(0x30, encodeInteger(size), encodeElement(0x04, cookie))
  return encodeElement(0x30, encodeText(pagedResultsOid), encodeBoolean(true), encodeElement(0x04, value))
}
