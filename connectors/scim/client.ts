import { SourceFault } from '../source-fault.ts'
import type { Authorization } from './authorization.ts'
import { type JsonObject, parseObject, readKey } from './json-object.ts'
import {
  type ListPage,
  type ListQuery,
  readListPage,
  writeListQuery,
  writeSearchRequest,
} from './list-page.ts'
import { recallDescription, rememberDescription } from './server-descriptions.ts'
import type { Transport, TransportAnswer, TransportRequest } from './transport.ts'

export type Endpoint = '/Users' | '/Groups'

const mediaType = 'application/scim+json'

/** Asks one SCIM server. Throws `SourceFault` for what the server did, and the signal's reason once that has fired. */
export class ScimClient {
  readonly #url: string
  readonly #search: boolean
  readonly #transport: Transport
  readonly #authorization: Authorization
  #firstAnswerAt: number | null = null

  constructor(
    { url, search }: { readonly url: string; readonly search: boolean },
    transport: Transport,
    authorization: Authorization,
  ) {
    this.#url = url.replace(/\/+$/, '')
    this.#search = search
    this.#transport = transport
    this.#authorization = authorization
  }

  /** When the server gave its first answer, by its own clock (RFC 9110 section 6.6.1); null where it did not say. */
  get firstAnswerAt(): number | null {
    return this.#firstAnswerAt
  }

  /**
   * What the server says of itself (RFC 7644 section 4), or null from one that says nothing: it is optional in practice.
   * One that tags it is asked only whether it is still that (If-None-Match, RFC 7644 section 3.14).
   */
  async describeServer(signal: AbortSignal): Promise<JsonObject | null> {
    const known = recallDescription(this.#url)
    const path = '/ServiceProviderConfig'
    const headers = known === undefined ? {} : { 'if-none-match': known.etag }
    const answer = await this.#ask({ path, headers, body: null }, signal)
    if (answer.status === 304 && known !== undefined) return known.document
    if (answer.status === 401 || answer.status === 429 || isRedirect(answer.status))
      refuse(answer, 'ServiceProviderConfig')
    const document = answer.status === 200 ? parseObject(answer.text) : null
    rememberDescription(this.#url, answer.headers.get('etag'), document)
    return document
  }

  /** One page of users or groups. Null from a server that does not have the endpoint. */
  async list(endpoint: Endpoint, query: ListQuery, signal: AbortSignal): Promise<ListPage | null> {
    const request = this.#search
      ? { path: `${endpoint}/.search`, body: writeSearchRequest(query) }
      : { path: `${endpoint}?${writeListQuery(query)}`, body: null }
    const answer = await this.#ask({ ...request, headers: {} }, signal)
    if (query.filter !== null && refusesFilter(answer))
      throw new SourceFault(
        'filter-refused',
        `${endpoint.slice(1)}: the server does not filter by meta.lastModified (${answer.status})`,
      )
    if (answer.status === 404 || answer.status === 501) return null
    if (answer.status !== 200) refuse(answer, endpoint.slice(1))
    return readListPage(parseObject(answer.text))
  }

  async #ask(
    { path, body, ...own }: Pick<TransportRequest, 'body' | 'headers'> & { readonly path: string },
    signal: AbortSignal,
  ): Promise<TransportAnswer> {
    const ask = async () => {
      const headers = {
        ...own.headers,
        authorization: `Bearer ${await this.#authorization.token(signal)}`,
        accept: `${mediaType}, application/json;q=0.9`,
        ...(body === null ? {} : { 'content-type': mediaType }),
      }
      const method = body === null ? 'GET' : 'POST'
      const request: TransportRequest = { url: `${this.#url}${path}`, method, headers, body }
      return this.#transport.exchange(request, signal)
    }
    const answer = await ask()
    const at = Date.parse(answer.headers.get('date') ?? '')
    if (!Number.isNaN(at)) this.#firstAnswerAt ??= at
    // A token may have ended before its time: another one is worth one try.
    return answer.status === 401 && this.#authorization.forget() ? ask() : answer
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

/** A place that is lost is answered 400 as well (RFC 9865 section 3); whoever cannot filter may say so by 501. */
function refusesFilter(answer: TransportAnswer): boolean {
  if (answer.status === 501) return true
  return answer.status === 400 && !/cursor$|^invalidCount$/i.test(readKeyword(answer) ?? '')
}

/** What the server says in words may quote what it holds: its status and the keyword of RFC 7644 table 9 are enough. */
function refuse(answer: TransportAnswer, what: string): never {
  const { status } = answer
  const keyword = readKeyword(answer)
  if (status === 401) throw new SourceFault('unauthorized', `${what}: the server does not accept the token`)
  if (status === 403) throw new SourceFault('access-denied', `${what}: the token may not read them`)
  if (status === 429) throw new SourceFault('rate-limited', `${what}: the server wants fewer requests`)
  if (isRedirect(status))
    throw new SourceFault('redirected', `${what}: the server leads elsewhere, which is not followed`)
  if (keyword === 'expiredCursor' || keyword === 'invalidCursor')
    throw new SourceFault(
      'moved',
      `${what}: the server no longer knows the place that was reached (${keyword})`,
    )
  const detail = keyword === null ? '' : `, ${keyword}`
  throw new SourceFault('server-error', `${what}: the server answered ${status}${detail}`)
}

function readKeyword({ text }: TransportAnswer): string | null {
  try {
    const keyword = readKey(parseObject(text), 'scimType')
    return typeof keyword === 'string' && /^[A-Za-z]{1,32}$/.test(keyword) ? keyword : null
  } catch (error) {
    if (error instanceof SourceFault) return null
    throw error
  }
}
