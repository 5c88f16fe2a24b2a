import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CleanExporter } from '../../../bin/tracing/clean-exporter.ts'
import { asksForTracing } from '../../../bin/tracing/tracing.ts'

describe('tracing', () => {
  test('is asked for by a collector alone, and switched off by the variables that are made for it', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
    expect(asksForTracing({})).toBe(false)
    expect(asksForTracing({ OTEL_SERVICE_NAME: 'muster', OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBe(false)
    expect(asksForTracing(endpoint)).toBe(true)
    expect(asksForTracing({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' })).toBe(
      true,
    )
    expect(asksForTracing({ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' })).toBe(false)
    expect(asksForTracing({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toBe(false)
  })

  test('lets out of a span only what is on the list: of faults their type, of a status its code', () => {
    const personal = fc.constantFrom('anna@example.com', '+4915112345678', 'Anna Bauer')
    const given = fc.dictionary(
      fc.oneof(personal, fc.constantFrom('memo', 'exception.message', 'http.url')),
      personal,
    )
    fc.assert(
      fc.property(given, personal, (attributes: Attributes, text) => {
        const kept = new InMemorySpanExporter()
        const provider = new BasicTracerProvider({
          spanProcessors: [new SimpleSpanProcessor(new CleanExporter(kept))],
        })
        const span = provider.getTracer('test').startSpan('GET /v1/x', { kind: SpanKind.SERVER, attributes })
        span.setAttribute('http.route', '/v1/x')
        span.recordException(new TypeError(text))
        span.addEvent('seen', attributes)
        span.setStatus({ code: SpanStatusCode.ERROR, message: text })
        span.end()
        const [out] = kept.getFinishedSpans()
        expect(out?.name).toBe('GET /v1/x')
        expect(out?.spanContext()).toEqual(span.spanContext())
        expect(out?.attributes).toEqual({ 'http.route': '/v1/x' })
        expect(out?.status).toEqual({ code: SpanStatusCode.ERROR })
        expect(out?.events.map((event) => event.attributes)).toEqual([{ 'exception.type': 'TypeError' }, {}])
      }),
      { numRuns: 50 },
    )
  })
})
