import { type SendFaultCode, sendFaultClasses } from '../domain/send-fault.ts'
import type { SendFault, SendOutcome } from './channel.ts'

/** Every fault code; for configurations that translate a gateway's codes. */
export const sendFaultCodes = Object.keys(sendFaultClasses) as readonly SendFaultCode[]

/** A fault of its code's class. `retryAfter` is in milliseconds. */
export function makeSendFault(
  code: SendFaultCode,
  providerCode: string | null = null,
  retryAfter: number | null = null,
): SendFault {
  return { code, class: sendFaultClasses[code], providerCode, retryAfter }
}

/** The outcome of a send that failed. */
export function failSend(fault: SendFault): SendOutcome {
  return { ok: false, fault }
}

/** A provider's code as a record may hold it: a number or a short token, never a text that could quote an address. */
export function toProviderCode(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[A-Za-z0-9_.-]{1,32}$/.test(text) && !/\d{7}/.test(text) ? text : null
}
