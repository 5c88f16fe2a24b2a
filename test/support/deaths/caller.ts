import { setTimeout as delay } from 'node:timers/promises'
import type { Life, Part } from './installation.ts'

/** What a client sends. */
export interface Call {
  /** What it is, in two words: faults name it. */
  readonly what: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly token: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is checked by what it expects of it.
  readonly body: any
}

/** One request, as its client saw it. */
export interface Exchange {
  readonly what: string
  readonly life: Life
  readonly startedAt: number
  endedAt: number | null
  /** Null: under way, or the connection broke. */
  status: number | null
  /** Why nothing was answered. */
  broken: string | null
  /** What a 5xx said. */
  detail?: string
}

/** Everything that all clients asked. */
export class ExchangeLog {
  readonly exchanges: Exchange[] = []

  /**
   * Whether a process holds a request of this kind that it cannot answer, because all of them stand still since then:
   * one that came later, or one that was under way and is not answered a second after.
   */
  isHeld(life: Life, what: string, since: number): boolean {
    const isLate = performance.now() - since > 1000
    return this.exchanges.some(
      (one) =>
        one.endedAt === null && one.life === life && one.what === what && (isLate || one.startedAt > since),
    )
  }

  /** What the requests were that died with a process. */
  brokenBy(life: Life): readonly string[] {
    return this.exchanges.filter((one) => one.broken !== null && one.life === life).map(({ what }) => what)
  }

  /** Answers that nobody should get: any 5xx, and a connection that broke though its process was not killed. */
  faults(): readonly string[] {
    return this.exchanges.flatMap(({ what, life, status, broken, detail, endedAt }) => {
      const wasKilled = life.killedAt !== null && endedAt !== null && endedAt >= life.killedAt
      if (status !== null && status >= 500) return [`${what}: ${status} ${detail ?? ''}`]
      return broken !== null && !wasKilled ? [`${what}: ${broken}`] : []
    })
  }
}

const giveUpAfterMs = 90_000

/** A client that prefers one of two servers, as connections that are kept do, and takes the other where that one is gone. */
export class Caller {
  readonly #servers: readonly Part[]
  readonly #preferred: number
  readonly #log: ExchangeLog

  constructor(servers: readonly Part[], preferred: number, log: ExchangeLog) {
    this.#servers = servers
    this.#preferred = preferred
    this.#log = log
  }

  /** Asks until it is answered with less than 500; `tries` says how often that took. */
  async call(call: Call): Promise<Answer & { readonly tries: number }> {
    const deadline = performance.now() + giveUpAfterMs
    for (let tries = 1; ; tries += 1) {
      const answer = await this.try(call, tries - 1)
      if (answer !== null && answer.status < 500) return { ...answer, tries }
      if (performance.now() > deadline)
        throw new Error(`${call.what} was not answered within ${giveUpAfterMs} ms.`)
      // As an HR system waits before it asks again.
      await delay(50)
    }
  }

  /** Asks once; null where the connection broke, and nobody knows what was done. */
  async try(call: Call, turn = 0): Promise<Answer | null> {
    const life = this.#choose(turn)
    const exchange: Exchange = {
      what: call.what,
      life,
      startedAt: performance.now(),
      endedAt: null,
      status: null,
      broken: null,
    }
    this.#log.exchanges.push(exchange)
    try {
      const answer = await send(life, call)
      exchange.endedAt = performance.now()
      exchange.status = answer.status
      if (answer.status >= 500) exchange.detail = JSON.stringify(answer.body)
      return answer
    } catch (error) {
      exchange.endedAt = performance.now()
      exchange.broken = describe(error)
      return null
    }
  }

  #choose(turn: number): Life {
    const order = [0, 1].map((step) => this.#servers[(this.#preferred + turn + step) % 2]?.life ?? null)
    const life = order[0] ?? order[1] ?? null
    if (life === null) throw new Error('No server is left: the test kills one at a time.')
    return life
  }
}

async function send({ url }: Life, { method, path, token, body, headers }: Call): Promise<Answer> {
  const type = path.startsWith('/scim') ? 'application/scim+json' : 'application/json'
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(giveUpAfterMs),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
}

function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : null
  return `${String(error)} ${cause instanceof Error ? cause.message : ''}`
}
