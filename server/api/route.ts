import type { z } from 'zod'
import type { Caller } from '../../application/tokens/authenticate-token.ts'
import type { ClientSettings } from '../../domain/challenge.ts'
import type { Scope } from '../../domain/token.ts'
import type { ProblemCode } from '../problem.ts'

/** Who may call: a client (scope `challenge:CLIENT`), a client or an administrator, or whoever has the scope. */
export type Access =
  | { readonly kind: 'client' }
  | { readonly kind: 'client-or-admin' }
  | { readonly kind: 'scope'; readonly scope: Scope }

/** A request that was let in and whose parts are of their schemas. */
export interface ApiRequest<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  /** The client that the token speaks for, or null. */
  readonly client: ClientSettings | null
  /** The header `Idempotency-Key`, or null. */
  readonly idempotencyKey: string | null
}

/** An answer that is no problem. */
export interface ApiAnswer {
  readonly status: number
  /** Undefined: none (204). */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One operation. What validates requests is what `/openapi.json` shows. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As OpenAPI writes it: `/v1/challenges/{id}`. */
  readonly path: string
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  readonly access: Access
  readonly params: z.ZodObject | null
  readonly query: z.ZodObject | null
  readonly body: z.ZodType | null
  /** Takes the header `Idempotency-Key`. */
  readonly isIdempotent: boolean
  /** Answers by status; null: without a body. */
  readonly answers: Readonly<Record<number, { readonly meaning: string; readonly schema: z.ZodType | null }>>
  /** Problems beside those that every operation can have. */
  readonly problems: readonly ProblemCode[]
  readonly handle: (request: ApiRequest<unknown, unknown, unknown>) => Promise<ApiAnswer>
}

/** A route as a feature writes it: the types of its parts follow from their schemas. */
export interface RouteDefinition<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
> extends Pick<Route, 'method' | 'path' | 'operationId' | 'tag' | 'summary' | 'access' | 'answers'> {
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly isIdempotent?: boolean
  readonly problems?: readonly ProblemCode[]
  readonly handle: (
    request: ApiRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<ApiAnswer>
}

/** Makes a route of a definition. The parts that `handle` gets have passed the schemas given here. */
export function defineRoute<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  definition: RouteDefinition<Params, Query, Body>,
): Route {
  const { handle } = definition
  return {
    ...definition,
    params: definition.params ?? null,
    query: definition.query ?? null,
    body: definition.body ?? null,
    isIdempotent: definition.isIdempotent ?? false,
    problems: definition.problems ?? [],
    handle: (request) => handle(request as ApiRequest<z.output<Params>, z.output<Query>, z.output<Body>>),
  }
}
