import type { Clock } from '../../domain/clock.ts'
import type { Refusal } from '../../store/write/scim-connections.ts'
import type { ScimLog } from './scim-server-world.ts'

/** What is known of one answered request. */
export interface NotedRequest {
  readonly source: string
  /** Null: it was not refused. Bulk requests may have several refused operations. */
  readonly refusals: readonly RefusedRequest[]
}

export type RefusedRequest = Omit<Refusal, 'id' | 'at'>

/** How a running log is told of trouble, and what it needs. */
export interface ConnectionLogParts {
  readonly log: ScimLog
  readonly clock: Clock
  readonly newId: () => string
  readonly onError: (error: unknown) => void
}

/** Milliseconds between two writes. */
const writeEvery = 1000
/** Refusals that are kept of a connection, and so at most between two writes. */
const mostRefusals = 100

interface Pending {
  at: Date
  requests: number
  readonly refused: Map<string, number>
  refusals: Refusal[]
  isSlowedDown: boolean
}

/**
 * Counts what connections do and keeps their refused requests, and writes both down every second and at the end: no
 * request waits for it. What is counted when the process dies is lost; it is told to nobody but operators.
 */
export class ConnectionLog {
  readonly #parts: ConnectionLogParts
  readonly #timer: NodeJS.Timeout
  #pending = new Map<string, Pending>()
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: ConnectionLogParts) {
    this.#parts = parts
    this.#timer = setInterval(() => void this.write(), writeEvery)
    this.#timer.unref()
  }

  note({ source, refusals }: NotedRequest): void {
    const at = this.#parts.clock()
    const pending = this.#pendingOf(source, at)
    pending.at = at
    pending.requests += 1
    for (const refusal of refusals) this.#keep(pending, refusal, at)
  }

  /** Writes what was counted. Neither throws nor runs twice at once. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writePending())
    return this.#writing
  }

  close(): Promise<void> {
    clearInterval(this.#timer)
    return this.write()
  }

  #pendingOf(source: string, at: Date): Pending {
    const found = this.#pending.get(source)
    if (found !== undefined) return found
    const fresh = { at, requests: 0, refused: new Map<string, number>(), refusals: [], isSlowedDown: false }
    this.#pending.set(source, fresh)
    return fresh
  }

  #keep(pending: Pending, refusal: RefusedRequest, at: Date): void {
    pending.refused.set(refusal.kind, (pending.refused.get(refusal.kind) ?? 0) + 1)
    // A client that is too fast would push everything else out of the log: one line a second says it.
    if (refusal.status === 429 && pending.isSlowedDown) return
    if (refusal.status === 429) pending.isSlowedDown = true
    pending.refusals.push({ ...refusal, id: this.#parts.newId(), at })
    if (pending.refusals.length > 2 * mostRefusals) pending.refusals = pending.refusals.slice(-mostRefusals)
  }

  async #writePending(): Promise<void> {
    const all = [...this.#pending]
    this.#pending = new Map()
    for (const [source, { at, requests, refused, refusals }] of all) {
      try {
        await this.#parts.log.noteRequests(source, { at, requests, refused: Object.fromEntries(refused) })
        if (refusals.length > 0) await this.#parts.log.insertRefusals(source, refusals.slice(-mostRefusals))
      } catch (error) {
        this.#parts.onError(error)
      }
    }
  }
}
