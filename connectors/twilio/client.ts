import twilio from 'twilio'
import { type HttpPool, readRetryAfter } from '../http-exchange.ts'

/** The library's own request, as it hands it to the HTTP client. */
type LibraryRequest = Parameters<InstanceType<typeof twilio.RequestClient>['request']>[0]

export interface ClientSettings {
  readonly account: string
  readonly user: string
  readonly password: string
  readonly url: string
}

/**
 * The HTTP client of one request. The library's own keeps the last request with its body, prints at level debug,
 * follows HTTP_PROXY, knows no AbortSignal and hides Retry-After; this one does none of that.
 */
class OneRequest extends twilio.RequestClient {
  /** Milliseconds that the answer asked to wait. */
  retryAfter: number | null = null
  readonly #pool: HttpPool
  readonly #signal: AbortSignal

  constructor(pool: HttpPool, signal: AbortSignal) {
    super()
    this.#pool = pool
    this.#signal = signal
  }

  override async request<TData>(request: LibraryRequest) {
    const url = new URL(request.uri)
    for (const [name, value] of toPairs(request.params)) url.searchParams.append(name, value)
    const answer = await this.#pool.exchange({
      url,
      method: request.method.toUpperCase(),
      headers: {
        ...toHeaders(request.headers),
        authorization: `Basic ${Buffer.from(`${request.username}:${request.password}`).toString('base64')}`,
      },
      body: request.data === undefined ? null : new URLSearchParams(toPairs(request.data)).toString(),
      signal: this.#signal,
    })
    this.retryAfter = readRetryAfter(answer.headers['retry-after'], Date.now())
    // The library parses the text itself; its type says that it already did.
    const body = answer.body as TData
    return { statusCode: answer.status, body, headers: answer.headers }
  }
}

/** A client for one request: nothing of a message outlives it. */
export function makeTwilioClient(settings: ClientSettings, pool: HttpPool, signal: AbortSignal) {
  const transport = new OneRequest(pool, signal)
  const client = new twilio.Twilio(settings.user, settings.password, {
    accountSid: settings.account,
    httpClient: transport,
    // Else the environment decides where messages go.
    edge: '',
    region: '',
  })
  client.api.baseUrl = settings.url.replace(/\/$/, '')
  return { client, transport }
}

function toPairs(fields: unknown): [string, string][] {
  if (typeof fields !== 'object' || fields === null) return []
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] satisfies [string, string]],
  )
}

function toHeaders(headers: LibraryRequest['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(toPairs(headers))
}
