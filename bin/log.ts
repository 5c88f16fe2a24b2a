import { type ChildLoggerOptions, type DestinationStream, destination, type Logger, pino } from 'pino'
import { describeFault } from './fault-fields.ts'
import { admitsField } from './log-fields.ts'

/** The least serious lines that are written. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** Counts what the log refused, for the metrics. */
export interface LogLosses {
  fields: number
}

export interface LogOptions {
  readonly level: LogLevel
  /** Which process it is: `server`, `worker`, `up`, `cli`. */
  readonly component: string
  /** Default: standard error, so that standard output belongs to answers. */
  readonly stream?: DestinationStream
  /** Told of every field that was dropped; left out: nobody is. */
  readonly losses?: LogLosses
  /** Fields of every line, of the moment that it is written. */
  readonly more?: () => object
}

/** Opens a log of JSON lines, whose fields are those of `logFields` alone. */
export function openLog({ level, component, stream, losses = { fields: 0 }, more }: LogOptions): Logger {
  const keep = (given: object) => keepKnown(given, losses)
  const log = pino(
    {
      level,
      base: { component },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeFault },
      formatters: { level: (label) => ({ level: label }), log: keep, bindings: (given) => given },
      hooks: {
        logMethod(given, method) {
          method.apply(this, withOwnWords(given) as typeof given)
        },
      },
      ...(more === undefined ? {} : { mixin: more }),
    },
    stream ?? destination({ fd: 2, sync: true }),
  )
  closeChildren(log, keep)
  return log
}

/** pino formats the bindings of the first logger only; those of its children would pass as they are. */
function closeChildren(log: Logger, keep: (given: object) => object): void {
  const { child, setBindings } = log
  const makeClosed = function (this: Logger, bindings: object, options?: ChildLoggerOptions): Logger {
    // Of a caller's options only the level counts: prefixes and serializers would write what they like.
    const { level } = options ?? {}
    return Reflect.apply(child, this, [keep(bindings), level === undefined ? {} : { level }])
  }
  const setClosed = function (this: Logger, bindings: object): void {
    Reflect.apply(setBindings, this, [keep(bindings)])
  }
  Object.defineProperty(log, 'child', { value: makeClosed })
  Object.defineProperty(log, 'setBindings', { value: setClosed })
}

function keepKnown(given: object, losses: LogLosses): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (admitsField(name, value)) kept[name] = value
    // What is not there is no loss.
    else if (value !== undefined && value !== null) losses.fields += 1
  }
  return kept
}

/**
 * A line is a sentence of ours and fields. pino would take a fault's own message for a line that has none, and would
 * put further arguments into the sentence: both may quote a value.
 */
function withOwnWords([first, second]: readonly unknown[]): readonly unknown[] {
  if (typeof first === 'string') return [first]
  const words = typeof second === 'string' ? second : noWords
  if (first instanceof Error) return [{ err: first }, words]
  return [typeof first === 'object' && first !== null ? first : {}, words]
}

const noWords = 'A fault was caught.'
