import { context, DiagLogLevel, diag, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { envDetectorSync, Resource } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry'
import type { Logger } from 'pino'
import { CleanExporter } from './clean-exporter.ts'
import { traceRequests } from './trace-requests.ts'
import { traceStatements } from './trace-statements.ts'
import type { Tracing, TracingOptions } from './tracing.ts'

/** Milliseconds that the end may wait for the collector. */
const lastExport = 3000

/**
 * Starts tracing in this process: a span for each request, for what is asked of Temporal, for workflows, activities
 * and statements, all in one trace. Endpoint, headers, sampling and resource are OpenTelemetry's own variables.
 */
export function startTracing({ environment, component, version, log }: TracingOptions): Tracing {
  tellTrouble(log)
  const resource = new Resource({
    'service.name': environment['OTEL_SERVICE_NAME'] ?? `muster-${component}`,
    'service.version': version,
  }).merge(envDetectorSync.detect())
  const processor = new BatchSpanProcessor(new CleanExporter(new OTLPTraceExporter()))
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] })
  // Of what callers send the trace's id alone goes on: baggage and the state of other systems may say anything.
  provider.register({
    contextManager: new AsyncLocalStorageContextManager(),
    propagator: new W3CTraceContextPropagator(),
  })
  const tracer = provider.getTracer('muster', version)
  traceStatements(tracer)
  return {
    traceRequests: (app) => traceRequests(app, tracer),
    client: { interceptors: { workflow: [new OpenTelemetryWorkflowClientInterceptor({ tracer })] } },
    worker: {
      activity: [(ctx) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(ctx, { tracer }) })],
      workflowModules: [
        import.meta.resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors.js'),
      ].map((url) => new URL(url).pathname),
      sinks: { exporter: makeWorkflowExporter(processor, resource) },
    },
    logFields: () => {
      const id = trace.getSpan(context.active())?.spanContext().traceId
      return id === undefined ? {} : { trace: id }
    },
    close: async () => {
      await Promise.race([provider.shutdown().catch(() => undefined), wait(lastExport)])
    },
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
}

/** Milliseconds between two lines about a collector that is away. */
const tellEvery = 60_000

/** OpenTelemetry would print its faults, with whatever the collector answered. */
function tellTrouble(log: Logger): void {
  let last = Number.NEGATIVE_INFINITY
  const tell = () => {
    if (performance.now() - last < tellEvery) return
    last = performance.now()
    log.warn({ phase: 'tracing' }, 'Traces could not be exported; nothing else is affected.')
  }
  const silent = () => undefined
  diag.setLogger(
    { error: tell, warn: silent, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  )
  setGlobalErrorHandler(tell)
}
