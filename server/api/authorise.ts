import type { FastifyRequest } from 'fastify'
import { authenticateToken, type Caller } from '../../application/tokens/authenticate-token.ts'
import type { ClientSettings } from '../../domain/challenge.ts'
import { MusterError } from '../../domain/error.ts'
import { allowsScope, clientOfScopes } from '../../domain/token.ts'
import type { Store } from '../../store/store.ts'
import type { Access } from './route.ts'

/** Whom requests are checked against. */
export interface AuthorisationWorld {
  readonly store: Store
  /** Whose a token is; left out: the database is asked. */
  readonly authenticate?: ((token: string) => Promise<Caller | null>) | undefined
  readonly clients: ReadonlyMap<string, ClientSettings>
}

/** Who was let in, and the client that the token speaks for. */
export interface Admission {
  readonly caller: Caller
  readonly client: ClientSettings | null
}

/**
 * Lets a request in by its bearer token (RFC 6750). Throws `unauthorized` for a token that is missing or does not
 * count, whatever the reason, and `forbidden` for one that may not do this.
 */
export async function admit(
  { store, clients, authenticate = (token) => authenticateToken(store, token) }: AuthorisationWorld,
  request: FastifyRequest,
  access: Access,
): Promise<Admission> {
  const token = readBearer(request.headers.authorization)
  const caller = token === null ? null : await authenticate(token)
  if (caller === null)
    throw new MusterError('unauthorized', 'A bearer token that counts is needed (muster token create).')
  const id = clientOfScopes(caller.scopes)
  const client = id === null ? null : (clients.get(id) ?? null)
  if (id !== null && client === null)
    throw new MusterError('client-unknown', 'The configuration does not have the client of this token.')
  if (!isAllowed(caller, client, access))
    throw new MusterError('forbidden', `This token lacks the scope: ${nameScope(access)}.`)
  return { caller, client }
}

/** The scope that an access needs, in words. */
export function nameScope(access: Access): string {
  switch (access.kind) {
    case 'client':
      return 'challenge:CLIENT'
    case 'client-or-admin':
      return 'challenge:CLIENT or admin'
    case 'scope':
      return access.scope
  }
}

function isAllowed({ scopes }: Caller, client: ClientSettings | null, access: Access): boolean {
  switch (access.kind) {
    case 'client':
      return client !== null
    case 'client-or-admin':
      return client !== null || allowsScope(scopes, 'admin')
    case 'scope':
      return allowsScope(scopes, access.scope)
  }
}

/** The bearer token of a header. RFC 6750 section 2.1; tokens in queries or bodies would end up in logs. */
export function readBearer(header: string | undefined): string | null {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '')?.[1] ?? null
}
