/** What the process that makes the load is told to do, and what it answers. */
export interface LoadJob {
  readonly url: string
  readonly token: string
  /** Requests under way at a time, each over a connection of its own that is kept. */
  readonly clients: number
  /** Requests a second; null: each client sends its next one when the last was answered. */
  readonly perSecond: number | null
  readonly requests: readonly LoadRequest[]
  /** Whether to answer the bodies. */
  readonly keepBodies: boolean
}

export interface LoadRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: string
}

export interface LoadResult {
  /** In the order of the requests: milliseconds, and the status. */
  readonly milliseconds: readonly number[]
  readonly statuses: readonly number[]
  /** When each was answered, in milliseconds since 1970, to the microsecond. */
  readonly answeredAt: readonly number[]
  readonly bodies: readonly string[]
  readonly totalMilliseconds: number
  /** What making the load cost this process. */
  readonly cpuMilliseconds: number
}
