import type { FastifyRequest } from 'fastify'
import type { Connection } from '../../application/scim/scim-world.ts'
import type { Actor } from '../../domain/actor.ts'
import type { Admission } from './admit-connection.ts'
import type { RefusedRequest } from './connection-log.ts'

/** One request of a connection that was let in, and what was refused of it. */
export interface Exchange {
  readonly connection: Connection
  readonly tokenId: string
  /** Who writes, in audit events: the token's name. */
  readonly actor: Actor
  readonly refusals: RefusedRequest[]
}

const exchanges = new WeakMap<FastifyRequest, Exchange>()

export function openExchange(request: FastifyRequest, { connection, caller }: Admission): void {
  exchanges.set(request, {
    connection,
    tokenId: caller.tokenId,
    actor: { kind: 'system', id: `scim:${caller.name}` },
    refusals: [],
  })
}

/** Undefined for a request that was not let in. */
export function findExchange(request: FastifyRequest): Exchange | undefined {
  return exchanges.get(request)
}

/** Of a request that was let in; handlers see no other. */
export function exchangeOf(request: FastifyRequest): Exchange {
  const exchange = exchanges.get(request)
  if (exchange === undefined) throw new Error('A request reached its handler without being let in.')
  return exchange
}
