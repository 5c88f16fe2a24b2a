import { type LocalAnswer, type LocalServer, startLocalServer } from './http-requests.ts'

/** A request to create a message, as Twilio would see it. */
export interface TwilioRequest {
  readonly account: string
  /** `USER:PASSWORD` of the basic authentication. */
  readonly credentials: string
  /** The form fields, as `To`, `Body`, `StatusCallback`. */
  readonly fields: Readonly<Record<string, string>>
}

export interface TwilioServer {
  readonly url: string
  /** Messages that were asked for, in order, refused ones included. */
  readonly messages: readonly TwilioRequest[]
  /** The next message gets this answer instead of being accepted. */
  answerNext(...answers: readonly LocalAnswer[]): void
  /** Every message gets this answer from now on; null: accepted. */
  answerAll(answer: LocalAnswer | null): void
  close(): Promise<void>
}

export const twilioAccount = `AC${'0a'.repeat(16)}`
export const twilioToken = 'the-auth-token-of-the-account'

/** An error as Twilio writes it; its sentence quotes the number, as the real ones do. */
export function twilioError(
  status: number,
  code: number,
  headers: Readonly<Record<string, string>> = {},
): LocalAnswer {
  const message = `The number +4915112345678 and its code 421288 got error ${code}`
  const body = JSON.stringify({
    code,
    message,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  })
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** A local server that speaks as much of Twilio's REST API as a channel needs. */
export async function startTwilioServer(): Promise<TwilioServer> {
  const messages: TwilioRequest[] = []
  const queue: LocalAnswer[] = []
  let always: LocalAnswer | null = null
  const server: LocalServer = await startLocalServer(({ method, path, headers, body }) => {
    const [, account = ''] = /^\/2010-04-01\/Accounts\/(AC\w+)\/Messages\.json(?:\?|$)/.exec(path) ?? []
    const credentials = Buffer.from((headers.authorization ?? '').slice(6), 'base64').toString()
    if (account === '') return twilioError(404, 20404)
    if (credentials.endsWith(':wrong')) return twilioError(401, 20003)
    if (method === 'GET') return accept(200, { messages: [], page: 0, page_size: 1, next_page_uri: null })
    const fields = Object.fromEntries(new URLSearchParams(body))
    messages.push({ account, credentials, fields })
    const sid = `SM${messages.length.toString(16).padStart(32, '0')}`
    return (
      queue.shift() ??
      always ??
      accept(201, { sid, status: 'queued', to: fields['To'], body: fields['Body'] })
    )
  })
  return {
    url: server.url,
    messages,
    answerNext: (...answers) => {
      queue.push(...answers)
    },
    answerAll: (answer) => {
      always = answer
    },
    close: server.close,
  }
}

function accept(status: number, document: unknown): LocalAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) }
}
