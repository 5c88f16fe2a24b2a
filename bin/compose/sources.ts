import { dirname } from 'node:path'
import type { Configuration } from '../../config/configuration.ts'
import type { PullSource } from '../../connectors/connector.ts'
import { sourceConnectors } from '../../connectors/registry.ts'
import type { Clock } from '../../domain/clock.ts'
import { describePushed } from '../../domain/describe-pushed.ts'
import { MusterError } from '../../domain/error.ts'
import { findNearest } from '../../domain/nearest.ts'

/**
 * Opens sources by the names of the configuration. Throws `source-unknown` with the nearest known name, and
 * `source-pushed` where there is nothing to read.
 */
export function openSources(
  configuration: Configuration,
  clock: Clock = () => new Date(),
): (name: string) => PullSource {
  return (name) => {
    const source = configuration.sources[name]
    if (source === undefined || !Object.hasOwn(configuration.sources, name)) {
      const nearest = findNearest(name, Object.keys(configuration.sources))
      const hint = nearest === null ? '' : `; nearest known: ${nearest}`
      throw new MusterError('source-unknown', `The configuration has no source "${name}"${hint}.`)
    }
    const settings = source.settings.reveal()
    const options = {
      customAttributes: configuration.attributes,
      folder: dirname(configuration.file),
      clock,
    }
    switch (settings.type) {
      case 'ldap':
        return sourceConnectors.ldap.open(settings, options)
      case 'csv':
        return sourceConnectors.csv.open(settings, options)
      case 'scim-pull':
        return sourceConnectors['scim-pull'].open(settings, options)
      case 'scim':
        throw new MusterError('source-pushed', describePushed(name))
      default:
        return settings satisfies never
    }
  }
}
