import type { Attributes } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'

/**
 * Every attribute that a span may carry. Temporal's interceptors add what a workflow knows of itself, and the messages
 * and stacks of faults: none of it is on the list, so nothing that a person's record said can leave by a trace.
 */
const attributes: ReadonlySet<string> = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'db.system.name',
  'db.operation.name',
  'db.query.text',
  'db.response.status_code',
  'error.type',
  'exception.type',
  'temporalWorkflowId',
  'temporalActivityId',
  'run_id',
])

/** Hands spans on with the attributes of the list alone: of faults their type, of a status its code. */
export class CleanExporter implements SpanExporter {
  readonly #exporter: SpanExporter

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter
  }

  export(spans: ReadableSpan[], onResult: Parameters<SpanExporter['export']>[1]): void {
    this.#exporter.export(spans.map(cleanSpan), onResult)
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.()
  }
}

function cleanSpan(span: ReadableSpan): ReadableSpan {
  const events = span.events.map(({ name, time, attributes: given }) => ({
    name,
    time,
    attributes: keepListed(given ?? {}),
  }))
  // Spans are instances with methods, those of workflows plain objects: a look through which both stay what they are.
  return Object.create(span, {
    attributes: { value: keepListed(span.attributes) },
    events: { value: events },
    links: { value: [] },
    status: { value: { code: span.status.code } },
  })
}

function keepListed(given: Attributes): Attributes {
  const kept: Attributes = {}
  for (const [name, value] of Object.entries(given)) if (attributes.has(name)) kept[name] = value
  return kept
}
