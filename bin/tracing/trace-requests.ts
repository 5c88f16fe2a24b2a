import {
  type Context,
  context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** What is asked every few seconds by machines, and tells nothing. */
const quietRoutes: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** A span for each request, by the pattern of its route: paths and queries may name a person. */
export function traceRequests(app: FastifyInstance, tracer: Tracer): void {
  const traced = new WeakMap<FastifyRequest, { readonly span: Span; readonly active: Context }>()
  app.addHook('onRequest', (request, _reply, done) => {
    const { method, routeOptions } = request
    const route = routeOptions.url
    if (route !== undefined && quietRoutes.has(route)) return done()
    const parent = callerOf(request)
    const attributes = {
      'http.request.method': method,
      ...(route === undefined ? {} : { 'http.route': route }),
    }
    const name = route === undefined ? method : `${method} ${route}`
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
    const active = trace.setSpan(parent, span)
    traced.set(request, { span, active })
    context.with(active, done)
  })
  // A body comes by events of the connection, which know nothing of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    const found = traced.get(request)
    if (found === undefined) done()
    else context.with(found.active, done)
  })
  const end = (request: FastifyRequest, status: number | null) => {
    const found = traced.get(request)
    if (found === undefined) return
    traced.delete(request)
    if (status !== null) found.span.setAttribute('http.response.status_code', status)
    if (status === null || status >= 500) found.span.setStatus({ code: SpanStatusCode.ERROR })
    found.span.end()
  }
  app.addHook('onResponse', async (request, reply) => end(request, reply.statusCode))
  app.addHook('onRequestAbort', async (request) => end(request, null))
}

/** The trace that the caller is in. Of its headers only the two ids and the flag count. */
function callerOf({ headers }: FastifyRequest): Context {
  const told = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers, defaultTextMapGetter))
  if (told === undefined) return ROOT_CONTEXT
  const { traceId, spanId, traceFlags } = told
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
