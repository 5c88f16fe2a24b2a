import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import pg from 'pg'

/** Characters of a statement that are kept. */
const longest = 2000

/**
 * A span for each statement that belongs to a trace: its text, which has placeholders where values are, and never the
 * values. It stands in the driver itself, which knex, prepared statements and COPY all go through.
 */
export function traceStatements(tracer: Tracer): void {
  const { query } = pg.Client.prototype
  const traced = function (this: pg.Client, ...given: unknown[]): unknown {
    // What no request and no activity asked for, such as a look every two seconds, would only be noise.
    if (trace.getSpan(context.active()) === undefined) return Reflect.apply(query, this, given)
    const span = startSpan(tracer, textOf(given[0]))
    const last = given.at(-1)
    if (typeof last !== 'function') return endWith(span, Reflect.apply(query, this, given))
    const answer = (error: unknown, ...rest: unknown[]) => {
      end(span, error ?? null)
      return Reflect.apply(last, undefined, [error, ...rest])
    }
    return Reflect.apply(query, this, [...given.slice(0, -1), context.bind(context.active(), answer)])
  }
  Object.defineProperty(pg.Client.prototype, 'query', { value: traced, configurable: true, writable: true })
}

function startSpan(tracer: Tracer, text: string): Span {
  const operation = /^\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? 'QUERY'
  return tracer.startSpan(operation, {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.query.text': text.slice(0, longest),
    },
  })
}

/** Of a text, of a statement with bindings, or of a stream. */
function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  if (typeof statement !== 'object' || statement === null || !('text' in statement)) return ''
  return typeof statement.text === 'string' ? statement.text : ''
}

/** Ends the span when what the driver answered has ended: a promise, or a stream of rows. */
function endWith(span: Span, answer: unknown): unknown {
  if (answer instanceof Promise) {
    answer.then(
      () => end(span, null),
      (error: unknown) => end(span, error),
    )
  } else if (isEmitter(answer)) {
    answer.once('error', (error) => end(span, error))
    for (const event of ['finish', 'end', 'close']) answer.once(event, () => end(span, null))
  } else end(span, null)
  return answer
}

function end(span: Span, error: unknown): void {
  if (!span.isRecording()) return
  if (error !== null) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    span.setStatus({ code: SpanStatusCode.ERROR })
    if (/^[0-9A-Z_]{1,40}$/.test(code)) span.setAttribute('db.response.status_code', code)
  }
  span.end()
}

function isEmitter(
  value: unknown,
): value is { once(event: string, listener: (given: unknown) => void): void } {
  return typeof value === 'object' && value !== null && 'once' in value && typeof value.once === 'function'
}
