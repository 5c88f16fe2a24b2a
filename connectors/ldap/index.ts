import { canonicalJson } from '../../domain/canonical-json.ts'
import { MusterError } from '../../domain/error.ts'
import type { PullSource, SourceOptions } from '../connector.ts'
import { parseDuration } from '../duration.ts'
import { compileRowMapper } from '../row-mapper.ts'
import { SlotTable } from '../source-values.ts'
import type { LdapConfig } from './config.ts'
import { applyFlavor } from './flavor.ts'
import { testDirectory } from './live-test.ts'
import { type ReaderSettings, readDirectory } from './reader.ts'

export { ldapConfig } from './config.ts'

/**
 * Raise it when what is made of an entry's bytes changes (decoding, mapping, groups): an entry that is recognised by
 * its bytes is not mapped again, and would keep the row of the older build.
 */
const mapperVersion = 1

/** Opens an LDAP source: nothing is connected until it is read. Secrets must have been resolved. */
export function openLdap(config: LdapConfig, options: SourceOptions): PullSource {
  const settings = makeSettings(config, options)
  const { people, groups } = settings.scope
  return {
    mapping: canonicalJson({ mapper: mapperVersion, people, groups, custom: options.customAttributes }),
    bringsGroups: config.groups !== undefined,
    readAll: (readOptions) => readDirectory(settings, readOptions),
    test: (signal) => testDirectory(settings, signal),
  }
}

function makeSettings(config: LdapConfig, options: SourceOptions): ReaderSettings {
  const scope = applyFlavor(config)
  const { dn, password } = config.bind
  if (typeof password !== 'string')
    throw new MusterError('internal', 'an LDAP source was opened before its password was resolved')
  const slots = new SlotTable(true)
  const mapRow = compileRowMapper(scope.people, options.customAttributes, slots)
  const primaryGroupSlot = scope.groups?.primaryGroups ? slots.slotOf('primaryGroupID') : null
  const dnIndex = slots.names.findIndex((name) => name.toLowerCase() === 'dn')
  return {
    urls: config.urls,
    connect: {
      tls: config.tls,
      bind: { dn, password },
      folder: options.folder,
      timeouts: {
        connect: parseDuration(config.timeouts.connect),
        idle: parseDuration(config.timeouts.idle),
      },
      messageLimit: config.messageLimit,
    },
    scope,
    pageSize: config.pageSize,
    allowEmpty: config.allowEmpty,
    deadline: parseDuration(config.timeouts.deadline),
    clock: options.clock,
    mapRow,
    slots,
    dnSlot: dnIndex < 0 ? null : dnIndex,
    primaryGroupSlot,
  }
}
