import { MusterError } from '../../domain/error.ts'
import type { ApiRequest } from './route.ts'

/** The id of the client that the token speaks for. Throws `forbidden` where it speaks for none. */
export function requireClient({ client }: Pick<ApiRequest<unknown, unknown, unknown>, 'client'>): string {
  if (client === null) throw new MusterError('forbidden', 'This token speaks for no client.')
  return client.id
}
