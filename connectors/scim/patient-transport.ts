import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../domain/clock.ts'
import { readRetryAfter } from '../http-exchange.ts'
import { SourceFault } from '../source-fault.ts'
import type { Transport, TransportAnswer, TransportRequest } from './transport.ts'

const attempts = 5

/** Milliseconds before the second attempt where the server names no time; doubled for each further one. */
const firstWait = 250

/** Milliseconds that a server may ask for; whoever asks for more is read at another time. */
const longestWait = 120_000

/** Too many requests, and what gateways answer while a server is away for a moment. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])

/**
 * Asks again what was refused for a moment, after the time that Retry-After names (RFC 9110 section 10.2.3). Only for
 * requests that change nothing: each may reach the server more than once.
 */
export function makePatient(transport: Transport, clock: Clock): Transport {
  return {
    exchange: (request, signal) => exchange(transport, clock, request, signal),
    close: () => transport.close(),
  }
}

async function exchange(
  transport: Transport,
  clock: Clock,
  request: TransportRequest,
  signal: AbortSignal,
): Promise<TransportAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptOnce(transport, request, signal, attempt)
    if (answer !== null && (!passing.has(answer.status) || attempt === attempts)) return answer
    const asked =
      answer === null
        ? null
        : readRetryAfter(answer.headers.get('retry-after') ?? undefined, clock().getTime())
    const wait = asked ?? firstWait * 2 ** (attempt - 1)
    if (wait > longestWait && answer !== null) return answer
    await pause(wait, signal)
  }
}

/** Null: the connection was lost on the way, which a kept one always may be. */
async function attemptOnce(
  transport: Transport,
  request: TransportRequest,
  signal: AbortSignal,
  attempt: number,
): Promise<TransportAnswer | null> {
  try {
    return await transport.exchange(request, signal)
  } catch (error) {
    if (error instanceof SourceFault && error.code === 'closed' && attempt < 3) return null
    throw error
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined)
  signal.throwIfAborted()
}
