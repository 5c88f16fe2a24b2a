import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Agent, type Dispatcher, fetch, type Response } from 'undici'
import { SourceFault } from '../source-fault.ts'

export interface TransportSettings {
  /** The PEM file of the authorities that are trusted, or null for those of Node. */
  readonly ca: string | null
  /** Where relative paths start. */
  readonly folder: string
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly idle: number }
  /** Bytes of one answer, once it is unpacked. */
  readonly answerLimit: number
}

export interface TransportRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface TransportAnswer {
  readonly status: number
  readonly headers: Pick<Response['headers'], 'get'>
  readonly text: string
}

/**
 * Requests over connections that are kept for one read. Follows no redirect, since a token is for one host; waits
 * for a byte no longer than `timeouts.idle`; takes no more than `answerLimit`. Throws `SourceFault` for what the
 * network or the server did, and the signal's reason once that has fired.
 */
export interface Transport {
  exchange(request: TransportRequest, signal: AbortSignal): Promise<TransportAnswer>
  /** Ends every connection, whatever is under way on it. */
  close(): void
}

export async function openTransport(settings: TransportSettings): Promise<Transport> {
  const { connect, idle } = settings.timeouts
  const ca = await readAuthorities(settings)
  const agent = new Agent({
    connect: { timeout: connect, ...(ca === null ? {} : { ca }) },
    headersTimeout: idle,
    bodyTimeout: idle,
    connections: 2,
  })
  return {
    exchange: (request, signal) => exchange(agent, settings, request, signal),
    close: () => {
      // What is under way fails, and whoever asked for it has gone.
      agent.destroy().catch(() => undefined)
    },
  }
}

async function readAuthorities({ ca, folder }: TransportSettings): Promise<string | null> {
  if (ca === null) return null
  try {
    return await readFile(resolve(folder, ca), 'utf8')
  } catch (error) {
    throw new SourceFault('tls-failed', 'the file of tls.ca cannot be read', error)
  }
}

async function exchange(
  dispatcher: Dispatcher,
  { answerLimit }: TransportSettings,
  { url, method, headers, body }: TransportRequest,
  signal: AbortSignal,
): Promise<TransportAnswer> {
  try {
    const answer = await fetch(url, { dispatcher, method, headers, body, signal, redirect: 'manual' })
    return { status: answer.status, headers: answer.headers, text: await readText(answer, answerLimit) }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof SourceFault ? error : explain(error)
  }
}

async function readText(answer: Response, limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of answer.body ?? []) {
    const bytes: Uint8Array = chunk
    length += bytes.length
    if (length > limit)
      throw new SourceFault('too-large', `an answer is larger than ${limit} bytes (answerLimit)`)
    chunks.push(bytes)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    throw new SourceFault('encoding', 'an answer is not UTF-8', error)
  }
}

/** What an error of fetch, of its sockets or of TLS means; its text may quote an address, so its code is all that is said. */
function explain(error: unknown): SourceFault {
  const code = findCode(error)
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return new SourceFault('silent', 'the server sent nothing for timeouts.idle', error)
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|EPROTO/.test(code))
    return new SourceFault('tls-failed', `the connection cannot be trusted (${code})`, error)
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || /CONTENT_LENGTH/.test(code))
    return new SourceFault('closed', 'the server closed the connection', error)
  if (/^(E[A-Z_]+|UND_ERR_CONNECT_TIMEOUT)$/.test(code))
    return new SourceFault('unreachable', `the server cannot be reached (${code})`, error)
  return new SourceFault('malformed', `the answer is not HTTP as it has to be (${code || 'unknown'})`, error)
}

/** The innermost code: fetch wraps what a socket throws, and a socket what it tried. */
function findCode(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const inner = error instanceof AggregateError ? findCode(error.errors[0]) : findCode(error.cause)
  if (inner !== '') return inner
  return 'code' in error && typeof error.code === 'string' ? error.code.slice(0, 48) : ''
}
