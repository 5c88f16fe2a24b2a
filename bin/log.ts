import { type ChildLoggerOptions, type DestinationStream, destination, type Logger, pino } from 'pino'
import { describeFault } from './fault-fields.ts'

/** The least serious lines that are written. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  /** Which process it is: `server`, `worker`, `up`, `cli`. */
  readonly component: string
  /** Default: standard error, so that standard output belongs to answers. */
  readonly stream?: DestinationStream
}

/**
 * Every field that a line may have beside `level`, `time`, `component` and `msg`. Whatever else is passed is dropped,
 * so no address, name or number can reach the log by way of an object that happens to carry one.
 */
const fields: ReadonlySet<string> = new Set([
  'err',
  'reqId',
  'method',
  'route',
  'status',
  'ms',
  'check',
  'source',
  'run',
  'kind',
  'phase',
  'identity',
  'enrollment',
  'policySet',
  'workflow',
  'activity',
  'attempt',
  'taskQueue',
  'due',
  'held',
  'entries',
  'records',
  'effects',
  'count',
  'code',
  'address',
  'pid',
  'signal',
  'version',
])

/** Opens a log of JSON lines. */
export function openLog({ level, component, stream }: LogOptions): Logger {
  const log = pino(
    {
      level,
      base: { component },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeFault },
      formatters: { level: (label) => ({ level: label }), log: keepKnown, bindings: keepKnown },
      hooks: {
        logMethod(given, method) {
          method.apply(this, withOwnWords(given) as typeof given)
        },
      },
    },
    stream ?? destination({ fd: 2, sync: true }),
  )
  closeChildren(log)
  return log
}

/** pino formats the bindings of the first logger only; those of its children would pass as they are. */
function closeChildren(log: Logger): void {
  const makeChild = log.child
  const makeClosed = function (this: Logger, bindings: object, options?: ChildLoggerOptions): Logger {
    return Reflect.apply(makeChild, this, [keepKnown(bindings), options])
  }
  Object.defineProperty(log, 'child', { value: makeClosed })
}

function keepKnown(given: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if ((fields.has(name) && isPlain(value)) || name === 'component') kept[name] = value
  }
  return kept
}

/** Objects could hold anything; the one that may pass is a fault, which is described field by field. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof Error
}

/** pino would take a fault's own message for a line that has none, and a foreign message may quote a value. */
function withOwnWords(given: readonly unknown[]): readonly unknown[] {
  const [first, ...rest] = given
  if (first instanceof Error) return [{ err: first }, typeof rest[0] === 'string' ? rest[0] : noWords]
  if (typeof first === 'object' && rest.length === 0) return [first, noWords]
  return given
}

const noWords = 'A fault was caught.'
