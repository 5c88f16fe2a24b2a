import type { SendFaultCode } from '../../domain/send-fault.ts'
import type { SendOutcome } from '../channel.ts'
import { type HttpAnswer, readRetryAfter } from '../http-exchange.ts'
import { failSend, makeSendFault, toProviderCode } from '../send-fault.ts'
import type { HttpSmsConfig } from './config.ts'

/** What an answer says, by the operator's rules; of its text only the named values are read. */
export function readAnswer(
  answer: HttpAnswer,
  { success, faults }: Pick<HttpSmsConfig, 'success' | 'faults'>,
): SendOutcome {
  const document = parseJson(answer.body)
  if (isTaken(answer, document, success)) {
    const id = success.id === undefined ? undefined : readPath(document, success.id)
    return { ok: true, providerId: readId(id) }
  }
  const own = faults === undefined ? undefined : readPath(document, faults.path)
  const codes = faults?.codes ?? {}
  const known = own !== undefined && Object.hasOwn(codes, String(own)) ? codes[String(own)] : undefined
  const retryAfter = readRetryAfter(answer.headers['retry-after'], Date.now())
  const providerCode = toProviderCode(own) ?? String(answer.status)
  return failSend(makeSendFault(known ?? readStatus(answer.status), providerCode, retryAfter))
}

function isTaken(answer: HttpAnswer, document: unknown, success: HttpSmsConfig['success']): boolean {
  const { statuses, path, oneOf } = success
  const accepted = statuses?.includes(answer.status) ?? (answer.status >= 200 && answer.status < 300)
  if (!accepted || path === undefined || oneOf === undefined) return accepted
  const value = readPath(document, path)
  return value !== undefined && oneOf.includes(String(value))
}

/** What a status means where no code of the gateway's own does. */
function readStatus(status: number): SendFaultCode {
  if (status === 401 || status === 402 || status === 403) return 'refused-credentials'
  if (status === 408) return 'timeout'
  if (status === 429 || status === 503) return 'busy'
  if (status >= 500) return 'provider-error'
  // A redirect is not followed; the others say that this is not the request that the gateway takes.
  if ((status >= 300 && status < 400) || [404, 405, 406, 411, 415].includes(status)) return 'misconfigured'
  return 'refused-destination'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The text, number or truth value at a path of names and positions. */
function readPath(document: unknown, path: string): string | number | boolean | undefined {
  let value = document
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = Reflect.get(value, name)
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined
}

/** A gateway's id of a message: a token without the plus sign that a number would have. */
function readId(value: string | number | boolean | undefined): string | null {
  const text = String(value ?? '')
  return /^[A-Za-z0-9_.:-]{1,128}$/.test(text) ? text : null
}
