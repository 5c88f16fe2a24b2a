import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { nameScope } from './api/authorise.ts'
import type { Route } from './api/route.ts'
import { type Json, SchemaBook } from './api/schema-book.ts'
import { problem } from './api/shapes.ts'
import { type ProblemCode, problemStatuses, requestFaultStatuses } from './problem.ts'

/** An OpenAPI 3.1 document. */
export interface ApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Json
  readonly security: readonly Json[]
}

/** One operation of the document. */
export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly parameters: readonly Json[]
  readonly requestBody?: Json
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>
}

/** Problems that every operation can answer with. */
const always: readonly ProblemCode[] = [
  ...(['invalid-request', 'unauthorized', 'forbidden', 'client-unknown'] as const),
  ...(['internal', 'database-unavailable'] as const),
]
/** Those of every operation that takes a body. */
const ofBodies: readonly ProblemCode[] = ['too-large', 'unsupported-media-type']

/** Describes operations by the very schemas that check their requests. */
export function describeApi(routes: readonly Route[], about: { readonly version: string }): ApiDocument {
  const paths: Record<string, Record<string, Operation>> = {}
  const book = new SchemaBook()
  book.describe(problem, 'output')
  for (const route of routes) {
    const methods = paths[route.path] ?? {}
    methods[route.method.toLowerCase()] = describeOperation(route, book)
    paths[route.path] = methods
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version: about.version,
      description:
        'One-time codes by e-mail and SMS. Every request carries a bearer token (`muster token create`). Faults are problems (RFC 9457) whose `type` is `urn:muster:problem:CODE`.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: book.components,
    },
    security: [{ token: [] }],
  }
}

/** Serves the document. It needs no token: it says nothing of any person or installation. */
export function mountApiDocument(app: FastifyInstance, document: ApiDocument): void {
  const text = JSON.stringify(document)
  app.get('/openapi.json', async (_, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(text),
  )
}

function describeOperation(route: Route, book: SchemaBook): Operation {
  const { operationId, tag, summary, access, body } = route
  return {
    operationId,
    tags: [tag],
    summary,
    description: `Scope: ${nameScope(access)}.`,
    parameters: [
      ...describeParameters(route.params, 'path', book),
      ...describeParameters(route.query, 'query', book),
      ...(route.isIdempotent ? [idempotencyKey] : []),
    ],
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: book.describe(body, 'input') } },
          },
        }),
    responses: {
      ...describeAnswers(route, book),
      ...describeProblems([...always, ...(body === null ? [] : ofBodies), ...route.problems]),
      '431': {
        description: '`too-large`: the address and the headers together are longer than 16 KiB',
        content: problemContent,
      },
    },
  }
}

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key with the same request answers what stands, and sends nothing again.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

function describeParameters(
  schema: z.ZodObject | null,
  place: 'path' | 'query',
  book: SchemaBook,
): readonly Json[] {
  if (schema === null) return []
  return Object.entries(schema.shape).map(([name, part]) => ({
    name,
    in: place,
    required: place === 'path' || !(part as z.ZodType).safeParse(undefined).success,
    schema: book.describe(part as z.ZodType, 'input'),
  }))
}

function describeAnswers({ answers }: Route, book: SchemaBook): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { meaning, schema }]) => [
      status,
      schema === null
        ? { description: meaning }
        : {
            description: meaning,
            content: { 'application/json': { schema: book.describe(schema, 'output') } },
          },
    ]),
  )
}

function describeProblems(codes: readonly ProblemCode[]): Operation['responses'] {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of new Set(codes)) {
    const status = statusOf(code)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [
      String(status),
      {
        description: named.map((code) => `\`${code}\``).join(', '),
        content: problemContent,
      },
    ]),
  )
}

function statusOf(code: ProblemCode): number {
  return code in problemStatuses
    ? problemStatuses[code as keyof typeof problemStatuses]
    : requestFaultStatuses[code as keyof typeof requestFaultStatuses]
}
