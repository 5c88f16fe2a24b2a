import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
} from 'oauth4webapi'
import type { Clock } from '../../domain/clock.ts'
import { SourceFault } from '../source-fault.ts'
import type { Transport } from './transport.ts'

/** Who reads, with secrets in plain text. */
export type Credentials =
  | { readonly kind: 'bearer'; readonly token: string }
  | {
      readonly kind: 'client-credentials'
      readonly tokenUrl: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope: string | null
      readonly send: 'header' | 'body'
    }

/** Milliseconds before its end from which a token is not used any more. */
const margin = 30_000

/** The token that a read shows; one that was given out is kept until shortly before its end. */
export class Authorization {
  readonly #credentials: Credentials
  readonly #transport: Transport
  readonly #clock: Clock
  #token: { readonly text: string; readonly usableUntil: number } | null = null

  constructor(credentials: Credentials, transport: Transport, clock: Clock) {
    this.#credentials = credentials
    this.#transport = transport
    this.#clock = clock
  }

  /** Throws `SourceFault` `unauthorized` where the authorization server refuses. */
  async token(signal: AbortSignal): Promise<string> {
    if (this.#credentials.kind === 'bearer') return this.#credentials.token
    const now = this.#clock().getTime()
    if (this.#token !== null && now < this.#token.usableUntil) return this.#token.text
    const { access_token: text, expires_in: life } = await this.#ask(this.#credentials, signal)
    const usableUntil = life === undefined ? Number.POSITIVE_INFINITY : now + life * 1000 - margin
    this.#token = { text, usableUntil }
    return text
  }

  /** The server refused the token. Whether asking for another one can help. */
  forget(): boolean {
    const hadToken = this.#token !== null
    this.#token = null
    return hadToken
  }

  async #ask(credentials: Credentials & { kind: 'client-credentials' }, signal: AbortSignal) {
    const { tokenUrl, clientId: client_id, clientSecret, scope, send } = credentials
    const issuer = new URL(tokenUrl).origin
    const server = { issuer, token_endpoint: tokenUrl }
    const authentication =
      send === 'header' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret)
    const options = {
      signal,
      // Cleartext was weighed when the configuration was read.
      [allowInsecureRequests]: true,
      [customFetch]: (url: string, init: TokenRequest) => this.#fetch(url, init, signal),
    }
    try {
      const client = { client_id }
      const parameters = scope === null ? {} : { scope }
      const answer = await clientCredentialsGrantRequest(server, client, authentication, parameters, options)
      return await processClientCredentialsResponse(server, client, answer)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SourceFault) throw new SourceFault(error.code, `token: ${error.message}`, error)
      throw new SourceFault(
        'unauthorized',
        `the authorization server gives no token${nameRefusal(error)}`,
        error,
      )
    }
  }

  async #fetch(url: string, { method, headers, body }: TokenRequest, signal: AbortSignal): Promise<Response> {
    if (method !== 'POST') throw new SourceFault('malformed', 'a token is asked for by POST only')
    const request = { url, method, headers, body: body === null ? null : String(body) } as const
    const { status, headers: answered, text } = await this.#transport.exchange(request, signal)
    if (status >= 300 && status < 400)
      throw new SourceFault('redirected', 'the authorization server leads elsewhere, which is not followed')
    if (status === 429) throw new SourceFault('rate-limited', 'the authorization server wants fewer requests')
    if (status >= 500) throw new SourceFault('server-error', `the authorization server answered ${status}`)
    const kept = ['content-type', 'www-authenticate'].flatMap((name) => {
      const value = answered.get(name)
      return value === null ? [] : [[name, value] as [string, string]]
    })
    return new Response(text, { status, headers: kept })
  }
}

interface TokenRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: unknown
}

/** The error code of RFC 6749 section 5.2, which is a word of a list; its description may say anything. */
function nameRefusal(error: unknown): string {
  if (!(error instanceof Error) || !('error' in error) || typeof error.error !== 'string') return ''
  return /^[a-z_]{1,40}$/.test(error.error) ? ` (${error.error})` : ''
}
