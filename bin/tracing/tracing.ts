import type { Client } from '@temporalio/client'
import type { WorkerInterceptors, WorkerOptions } from '@temporalio/worker'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Environment } from '../create-context.ts'

/** Traces of this process, on their way to a collector. */
export interface Tracing {
  /** Spans of requests; before any other hook of the server. */
  readonly traceRequests: (app: FastifyInstance) => void
  /** Spans of what a client asks of Temporal, and the trace's id in its headers. */
  readonly client: { readonly interceptors: NonNullable<Client['options']['interceptors']> }
  /** Spans of workflows and activities. */
  readonly worker: {
    readonly activity: NonNullable<WorkerInterceptors['activity']>
    /** Modules that are bundled with the workflows. */
    readonly workflowModules: readonly string[]
    readonly sinks: NonNullable<WorkerOptions['sinks']>
  }
  /** The field that ties a line of the log to the trace that it belongs to. */
  readonly logFields: () => { readonly trace?: string }
  /** Sends what is left; waits a few seconds at most. */
  close(): Promise<void>
}

/** Whether the environment asks for traces, by OpenTelemetry's own variables. Off where it names no collector. */
export function asksForTracing(environment: Environment): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces } = environment
  const { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter } = environment
  if (disabled?.toLowerCase() === 'true' || exporter === 'none') return false
  return (endpoint ?? '') !== '' || (traces ?? '') !== ''
}

export interface TracingOptions {
  readonly environment: Environment
  /** `server`, `worker`, `up`: the service is `muster-server` unless the environment names it. */
  readonly component: string
  /** Of this build. */
  readonly version: string
  readonly log: Logger
}

/** Starts tracing where the environment asks for it, else null: then nothing of it is loaded. */
export async function openTracing(options: TracingOptions): Promise<Tracing | null> {
  if (!asksForTracing(options.environment)) return null
  const { startTracing } = await import('./start-tracing.ts')
  return startTracing(options)
}
