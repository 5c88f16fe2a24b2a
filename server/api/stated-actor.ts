import { MusterError } from '../../domain/error.ts'
import { allowsScope } from '../../domain/token.ts'
import type { ApiRequest } from './route.ts'

/** Who writes, as a request states it. */
interface StatedActor {
  readonly kind: 'self' | 'admin'
  readonly id: string
  readonly authenticatedAt: string | null
}

/** Lets an administrator's word through where the token may speak for one. Throws `forbidden`. */
export function requireActor<Actor extends StatedActor>(
  { caller, client }: Pick<ApiRequest<unknown, unknown, unknown>, 'caller' | 'client'>,
  actor: Actor,
): Actor {
  if (actor.kind === 'admin' && !allowsScope(caller.scopes, 'admin'))
    throw new MusterError('forbidden', 'A write by an administrator needs a token with the scope admin.')
  if (actor.kind === 'self' && client === null)
    throw new MusterError('forbidden', 'A write by the person needs a token with the scope challenge:CLIENT.')
  return actor
}
