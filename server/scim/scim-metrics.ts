import { Counter, Histogram, type Registry } from 'prom-client'

/** What the metrics tell of one answered request. */
export interface MeasuredRequest {
  readonly source: string
  /** `Users`, `Groups`, `Bulk` …; `other` for what is not there. */
  readonly resource: string
  readonly method: string
  readonly status: number
  readonly seconds: number
  /** Kinds of what was refused. */
  readonly refused: readonly string[]
}

/** Defines the metrics of connections; the answer counts one request. Labels name sources and states, never a person. */
export function defineScimMetrics(registry: Registry): (request: MeasuredRequest) => void {
  const registers = [registry]
  const requests = new Counter({
    name: 'muster_scim_requests_total',
    help: 'Requests of connections, by what was asked for and status.',
    labelNames: ['source', 'resource', 'method', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'muster_scim_request_seconds',
    help: 'How long requests of connections took.',
    labelNames: ['source', 'method'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  const refusedTotal = new Counter({
    name: 'muster_scim_refused_total',
    help: 'Requests of connections that were refused, by the scimType or the status.',
    labelNames: ['source', 'kind'],
    registers,
  })
  return (request) => {
    const { source, resource, status, refused } = request
    const method = methods.has(request.method) ? request.method : 'other'
    requests.inc({ source, resource, method, status })
    seconds.observe({ source, method }, request.seconds)
    for (const kind of refused) refusedTotal.inc({ source, kind })
  }
}

/** Anything else that HTTP knows is one label. */
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
