import type { Logger } from 'pino'
import type { Environment } from './create-context.ts'
import { type LogLevel, type LogLosses, openLog } from './log.ts'
import { asksForTracing, openTracing, type Tracing } from './tracing/tracing.ts'

export interface DiagnosticsOptions {
  readonly level: LogLevel
  /** Which process it is: `server`, `worker`, `up`. */
  readonly component: string
  readonly environment: Environment
  /** Of this build. */
  readonly version: string
}

/** How one long process can be watched from outside. */
export interface Diagnostics {
  readonly log: Logger
  /** What the log refuses, counted. */
  readonly losses: LogLosses
  /** Null: nothing is traced. */
  readonly tracing: Tracing | null
}

/** Opens the log, and traces where the environment asks for them: each line then says which trace it belongs to. */
export async function openDiagnostics(options: DiagnosticsOptions): Promise<Diagnostics> {
  const { level, component, environment } = options
  const losses = { fields: 0 }
  let tracing: Tracing | null = null
  const more = asksForTracing(environment) ? { more: () => tracing?.logFields() ?? {} } : {}
  const log = openLog({ level, component, losses, ...more })
  tracing = await openTracing({ ...options, log })
  return { log, losses, tracing }
}
