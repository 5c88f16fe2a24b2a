import type { Series } from '../challenges/measure.ts'
import { cpuOf, type Program } from './child-process.ts'
import type { LoadJob, LoadRequest, LoadResult } from './load-job.ts'
import type { ServerAnswer } from './server-answer.ts'

export type Generator = Program<LoadJob, LoadResult>

/** Milliseconds of CPU a request, round by round. */
export interface Cost {
  readonly server: number[]
  readonly database: number[]
  readonly load: number[]
}

/** One server under load, and what it has been given. */
export class HttpSide {
  readonly ids: string[] = []
  readonly #server: Program<object, ServerAnswer>
  readonly #at: ServerAnswer
  readonly #generator: Generator
  readonly #databaseCpu: () => number

  constructor(
    server: Program<object, ServerAnswer>,
    at: ServerAnswer,
    generator: Generator,
    /** Milliseconds of CPU that its database has used so far. */
    databaseCpu: () => number,
  ) {
    this.#server = server
    this.#at = at
    this.#generator = generator
    this.#databaseCpu = databaseCpu
  }

  async send(
    requests: readonly LoadRequest[],
    { clients = 8, keepBodies = false, perSecond = null as number | null } = {},
  ): Promise<LoadResult> {
    const result = await this.#generator.ask({ ...this.#at, clients, perSecond, requests, keepBodies })
    const refused = result.statuses.findIndex((status) => status >= 400)
    if (refused >= 0) {
      const { method, path } = requests[refused] ?? { method: '', path: '' }
      throw new Error(`${method} ${path} was answered ${result.statuses[refused]}: ${result.bodies[refused]}`)
    }
    return result
  }

  /** One round: its latencies and rate go into the series, its CPU into the cost. Answers the bodies. */
  async measure(
    series: Series,
    cost: Cost,
    requests: readonly LoadRequest[],
    options: { readonly clients: number; readonly keepBodies?: boolean },
  ): Promise<readonly string[]> {
    const before = [cpuOf(this.#server.child.pid), this.#databaseCpu()] as const
    const result = await this.send(requests, options)
    const count = requests.length
    cost.server.push((cpuOf(this.#server.child.pid) - before[0]) / count)
    cost.database.push((this.#databaseCpu() - before[1]) / count)
    cost.load.push(result.cpuMilliseconds / count)
    series.latencies.push(...result.milliseconds)
    series.rates.push((count * 1000) / result.totalMilliseconds)
    return result.bodies
  }

  /** Creates, and keeps the ids. */
  async create(requests: readonly LoadRequest[], clients = 8): Promise<readonly string[]> {
    const { bodies } = await this.send(requests, { clients, keepBodies: true })
    const ids = bodies.map(idOf)
    this.ids.push(...ids)
    return ids
  }
}

export function idOf(body: string): string {
  return (JSON.parse(body) as { readonly id: string }).id
}

export function newCost(): Cost {
  return { server: [], database: [], load: [] }
}
