import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { SendFault } from './channel.ts'
import { makeSendFault } from './send-fault.ts'

/** One request: no redirect is followed, nothing is kept of it, nothing is logged. */
export interface HttpRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly signal: AbortSignal
  /** Resolves the host; default: the system's resolver. */
  readonly lookup?: LookupFunction
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Connections that are kept open between requests. Throws what the socket throws; see `readNetworkFault`. */
export interface HttpPool {
  exchange(request: HttpRequest): Promise<HttpAnswer>
  close(): void
}

/** Answers are short; a longer one is not from a message gateway. */
const maximumAnswer = 64 * 1024

export function openHttpPool(): HttpPool {
  const settings = { keepAlive: true, maxSockets: 50, maxFreeSockets: 5 }
  const agents = { 'http:': new HttpAgent(settings), 'https:': new HttpsAgent(settings) }
  return {
    exchange: (request) => exchange(request, agents),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function exchange(
  { url, method, headers, body, signal, lookup }: HttpRequest,
  agents: Readonly<Record<'http:' | 'https:', HttpAgent>>,
): Promise<HttpAnswer> {
  const secure = url.protocol === 'https:'
  const send = secure ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: {
        ...headers,
        ...(body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      signal,
      agent: agents[secure ? 'https:' : 'http:'],
      ...(lookup ? { lookup } : {}),
    }
    const outgoing = send(url, options, (answer) => {
      readBody(answer).then(
        (text) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        reject,
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body ?? undefined)
  })
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer) {
    const bytes: Buffer = chunk
    length += bytes.length
    if (length > maximumAnswer) {
      answer.destroy()
      break
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Milliseconds of a Retry-After header (RFC 9110 section 10.2.3): seconds or a date. */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const time = Date.parse(header)
  return Number.isNaN(time) ? null : Math.max(0, time - now)
}

/** What an error of a socket, of TLS or of the name service means. */
export function readNetworkFault(error: unknown): SendFault {
  const code = readErrorCode(error)
  if (code === 'ETIMEDOUT' || code === 'ERR_SOCKET_CONNECTION_TIMEOUT') return makeSendFault('timeout', code)
  // A certificate that cannot be trusted or a header that cannot be sent is for the operator; another channel may be able to send.
  if (/CERT|ERR_INVALID|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|EPROTO/.test(code))
    return makeSendFault('misconfigured', code.slice(0, 32))
  return makeSendFault('unreachable', code === '' ? null : code.slice(0, 32))
}

function readErrorCode(error: unknown): string {
  if (error instanceof AggregateError) return readErrorCode(error.errors[0])
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
