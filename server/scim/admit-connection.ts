import type { FastifyRequest } from 'fastify'
import type { Caller } from '../../application/tokens/authenticate-token.ts'
import { cacheTokens } from '../../application/tokens/token-cache.ts'
import { sourceOfScopes } from '../../domain/token.ts'
import { readBearer } from '../api/authorise.ts'
import { HttpFault } from './describe-fault.ts'
import type { ConnectionSettings, ScimServerWorld } from './scim-server-world.ts'
import { TokenBucket } from './token-bucket.ts'

/** Whose request it is. */
export interface Admission {
  readonly connection: ConnectionSettings['connection']
  readonly caller: Caller
  /** Of the connection: one for all its tokens. */
  readonly bucket: TokenBucket
}

/**
 * Lets requests in by their bearer token, which speaks for one connection. The function throws 401 for a token that is
 * missing or does not count, and 403 for one that is not of a source of type `scim`.
 */
export function createGate(
  { scim, connections }: ScimServerWorld,
  now: () => number,
): (request: FastifyRequest) => Promise<Admission> {
  const { authenticate } = cacheTokens(scim.store, now)
  const gates = new Map(
    [...connections].map(([source, { connection, rate }]) => [
      source,
      { connection, bucket: new TokenBucket(rate, now) },
    ]),
  )
  return async (request) => {
    const token = readBearer(request.headers.authorization)
    const caller = token === null ? null : await authenticate(token)
    if (caller === null) throw unauthorized(request.headers.authorization !== undefined)
    const source = sourceOfScopes(caller.scopes)
    if (source === null)
      throw forbidden('This token is not one of SCIM: it needs scim:SOURCE as its only scope.')
    const gate = gates.get(source)
    if (gate === undefined)
      throw forbidden('The configuration has no source of type scim under the name that this token is for.')
    return { ...gate, caller }
  }
}

/** Takes one request from the connection's rate. Throws 429, with the seconds to wait. */
export function takeTurn({ bucket }: Admission): void {
  const wait = bucket.take()
  if (wait === null) return
  throw new HttpFault(429, `Too many requests: wait ${wait} s.`, { 'retry-after': String(wait) })
}

/** RFC 6750 section 3: no word on why. */
function unauthorized(wasTried: boolean): HttpFault {
  return new HttpFault(401, 'A bearer token that counts is needed (muster token create).', {
    'www-authenticate': `Bearer realm="muster"${wasTried ? ', error="invalid_token"' : ''}`,
  })
}

function forbidden(message: string): HttpFault {
  return new HttpFault(403, message, {
    'www-authenticate': 'Bearer realm="muster", error="insufficient_scope"',
  })
}
