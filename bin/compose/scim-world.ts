import { v7 as newId } from 'uuid'
import type { KeyRing } from '../../application/key-ring.ts'
import type { Configuration, SourceConfiguration } from '../../config/configuration.ts'
import type { Clock } from '../../domain/clock.ts'
import { scimLimits } from '../../server/scim/scim-limits.ts'
import type { ConnectionSettings, ScimServerWorld } from '../../server/scim/scim-server-world.ts'
import type { Store } from '../../store/store.ts'
import { insertRefusals, noteRequests } from '../../store/write/scim-connections.ts'
import { derivationOf } from './derivation.ts'
import { openScimReads } from './scim-reads.ts'

/** What `/scim/v2` is made of. */
export interface ScimParts {
  readonly configuration: Configuration
  readonly store: Store
  /** Left out: this machine's. */
  readonly clock?: Clock
  readonly keys: KeyRing
  /** Tells the workflows that something became due. Neither waits nor throws. */
  readonly nudge: () => void
}

/** The service provider for every source of type `scim`. */
export function openScim({
  configuration,
  store,
  clock = readClock,
  keys,
  nudge,
}: ScimParts): ScimServerWorld {
  const { database } = store
  return {
    scim: {
      store,
      clock,
      newId: () => newId(),
      derivation: derivationOf(configuration),
      customAttributes: configuration.attributes,
      limits: scimLimits.request,
      nudge,
    },
    reads: openScimReads(database),
    log: {
      noteRequests: (source, noted) => noteRequests(database, source, noted),
      insertRefusals: (source, refusals) => insertRefusals(database, source, refusals),
    },
    keys,
    connections: describeConnections(configuration),
    publicUrl: configuration.server.publicUrl?.replace(/\/+$/, '') ?? null,
  }
}

const readClock: Clock = () => new Date()

/** Every source of type `scim`, by name. */
export function describeConnections({ sources }: Configuration): ReadonlyMap<string, ConnectionSettings> {
  return new Map(
    Object.entries(sources).flatMap(([source, one]) => {
      const connection = describeConnection(source, one)
      return connection === null ? [] : [[source, connection] as const]
    }),
  )
}

/** Null for a source that is read. */
function describeConnection(
  source: string,
  { settings, activity }: SourceConfiguration,
): ConnectionSettings | null {
  const given = settings.reveal()
  if (given.type !== 'scim') return null
  const { strict, trust, rate, country } = given
  return {
    connection: {
      source,
      strict,
      country: country.default ?? null,
      trust,
      decides: activity === 'decides',
    },
    rate,
  }
}
