import { MusterError } from '../../domain/error.ts'
import type { PullSource, SourceOptions } from '../connector.ts'
import type { ScimPullConfig } from './config.ts'

export { scimPullConfig, scimPushConfig } from './config.ts'

/** Opens a SCIM server to be read: nothing is connected until it is. Secrets must have been resolved. */
export function openScimPull(_config: ScimPullConfig, _options: SourceOptions): PullSource {
  throw new MusterError('internal', 'not built yet')
}
