import type { Caller } from '../../application/tokens/authenticate-token.ts'
import type { Actor } from '../../domain/actor.ts'
import type { Clock } from '../../domain/clock.ts'
import { MusterError } from '../../domain/error.ts'
import { allowsScope } from '../../domain/token.ts'
import type { Reveal } from '../../store/read/record-look.ts'

/** Who acts where a token stands for a person: its name, told apart from logins of the command line. */
export function actorOf({ name }: Caller): Actor {
  return { kind: 'admin', id: `token:${name}` }
}

/** What `reveal=true` means to the store; null shows addresses masked. Throws `forbidden` without the scope admin. */
export function revealTo(caller: Caller, clock: Clock, reveal: boolean): Reveal | null {
  if (!reveal) return null
  if (!allowsScope(caller.scopes, 'admin'))
    throw new MusterError('forbidden', 'Addresses are shown unmasked to tokens with the scope admin only.')
  return { actor: actorOf(caller), clock }
}
