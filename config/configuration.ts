import { dirname, resolve } from 'node:path'
import type { ChannelSettings } from '../connectors/channel-registry.ts'
import { parseDuration } from '../connectors/duration.ts'
import type { CustomAttributes } from '../domain/attributes.ts'
import type { ChallengeSettings, ClientSettings } from '../domain/challenge.ts'
import type { Factor } from '../domain/factor.ts'
import type { LimitSettings } from '../domain/limit-settings.ts'
import { buildClients, demo, nameFactor } from './clients.ts'
import { chooseTlsMode, type DatabaseTlsMode } from './database-tls.ts'
import { type KeyRingSettings, parseKeyRing } from './key-ring.ts'
import type { Settings, SourceSettings } from './schema.ts'
import { Secret } from './secret.ts'

/** Where the server listens. */
export interface ServerConfiguration {
  readonly host: string
  /** 0 is any free one. */
  readonly port: number
  /** Null: to be made of host and port. */
  readonly publicUrl: string | null
  /** Null: HTTP. The path is absolute. */
  readonly tls: { readonly certificate: string; readonly key: Secret } | null
  /** Milliseconds that the end may take after it was asked for. */
  readonly graceTime: number
  /** Whose X-Forwarded headers count: nobody's, whoever's connects, or those of these addresses and ranges. */
  readonly trustProxy: boolean | readonly string[]
}

/** The PostgreSQL of the production mode. */
export interface DatabaseConfiguration {
  readonly url: Secret
  readonly poolSize: number
  /** Paths are absolute. `ca` null: the authorities that Node knows. */
  readonly tls: {
    readonly mode: DatabaseTlsMode
    readonly ca: string | null
    readonly client: { readonly certificate: string; readonly key: Secret } | null
  }
}

/** The Temporal of the production mode. Paths are absolute. */
export interface TemporalConfiguration {
  /** `HOST:PORT`. */
  readonly address: string
  readonly namespace: string
  /** Null: no TLS, unless there is an API key. */
  readonly tls: {
    readonly serverName: string | null
    readonly ca: string | null
    readonly certificate: string | null
    readonly key: Secret | null
  } | null
  readonly apiKey: Secret | null
}

/** A source as everybody but its connector sees it. */
export interface SourceConfiguration {
  readonly type: SourceSettings['type']
  readonly correlate: readonly string[]
  readonly activity: 'decides' | 'ignored'
  /** Milliseconds between two reads of everything, and of changes; null for none by itself. */
  readonly schedule: { readonly full: number | null; readonly changes: number | null }
  readonly bringsGroups: boolean
  /** Whether it brings its people by itself, to /scim/v2: it is never read. */
  readonly pushed: boolean
  /** What the connector opens, with secrets in plain text and absolute paths. */
  readonly settings: Secret<SourceSettings>
}

/** A configuration without a fault: defaults filled in, secrets read, paths absolute, lengths of time in milliseconds. */
export interface Configuration {
  /** Absolute path of the file that it was read from. */
  readonly file: string
  readonly mode: 'embedded' | 'production'
  readonly server: ServerConfiguration
  /** Null in the embedded mode, which brings its own. */
  readonly database: DatabaseConfiguration | null
  /** Null in the embedded mode, which brings its own. */
  readonly temporal: TemporalConfiguration | null
  /** A worker's loopback port for /healthz, /readyz and /metrics, 0 for any free one; how long its end may take, in milliseconds. */
  readonly worker: { readonly healthPort: number | null; readonly graceTime: number }
  /** The folder of policy documents. */
  readonly policies: string
  readonly attributes: CustomAttributes
  /** A zone of the IANA database. */
  readonly timeZone: string
  readonly groupsFrom: readonly string[]
  /** `default` is always there: the order of `sources` where the file says nothing. */
  readonly precedence: Readonly<Record<string, readonly string[]>> & { readonly default: readonly string[] }
  readonly brakes: Settings['brakes']
  /** Milliseconds from suspended to removed. */
  readonly grace: number
  /** Milliseconds that rows are kept; null: for ever. */
  readonly retention: {
    readonly audit: number | null
    readonly challenges: number
    readonly deliveries: number
  }
  /** Where SMS may go (ISO 3166-1 alpha-2), or null for everywhere. */
  readonly countries: readonly string[] | null
  /** What is switched on for sign-in and for enrollment. */
  readonly factors: { readonly authentication: readonly Factor[]; readonly registration: readonly Factor[] }
  /** Null: none is named (the embedded mode makes its own), or its file was left unread. */
  readonly keys: Secret<KeyRingSettings> | null
  /** Codes: lengths of time in milliseconds. */
  readonly challenges: ChallengeSettings
  /** Limits of messages: lengths of time in milliseconds. */
  readonly limits: LimitSettings
  /** In the order in which they are tried; what is opened, with secrets in plain text. */
  readonly channels: {
    readonly sms: Secret<readonly ChannelSettings[]>
    readonly email: Secret<readonly ChannelSettings[]>
  }
  /** What messages say of the operator. */
  readonly messages: { readonly sender: string; readonly contact: string | null }
  /** What asks for challenges, by id; their factors are those that the installation allows too. */
  readonly clients: ReadonlyMap<string, ClientSettings>
  readonly sources: Readonly<Record<string, SourceConfiguration>>
  /** The sample directory that `muster up` serves for a source. */
  readonly sample: { readonly directory: { readonly ldif: string; readonly source: string } } | null
  readonly log: Settings['log']
}

/** Settings that the schema let through, whose secrets are texts by now, become the configuration. */
export function buildConfiguration(file: string, settings: Settings): Configuration {
  const sources = Object.fromEntries(
    Object.entries(settings.sources).map(([name, source]) => [name, buildSource(source)]),
  )
  const names = Object.keys(sources)
  const { retention: kept, ...challenges } = settings.challenges
  const factors = {
    authentication: settings.factors['allowed.auth.factors'].map(nameFactor),
    registration: settings.factors['allowed.reg.factors'].map(nameFactor),
  }
  return {
    file,
    mode: settings.mode,
    server: buildServerSettings(settings),
    database: buildDatabase(settings.database),
    temporal: buildTemporal(settings.temporal),
    worker: { healthPort: settings.worker.healthPort ?? null, graceTime: settings.worker.graceTime },
    policies: resolve(dirname(file), settings.policies),
    attributes: settings.attributes,
    timeZone: settings.timeZone,
    groupsFrom: settings.groupsFrom ?? findGroupSources(sources),
    precedence: { ...settings.precedence, default: settings.precedence['default'] ?? names },
    brakes: settings.brakes,
    grace: settings.grace,
    retention: {
      audit: settings.audit.retention ?? null,
      challenges: kept,
      deliveries: settings.deliveries.retention,
    },
    countries: settings.countries ?? null,
    factors,
    keys: buildKeys(settings.keys),
    challenges,
    limits: {
      ...settings.limits,
      countries: settings.countries === undefined ? null : new Set(settings.countries),
    },
    channels: buildChannels(settings),
    messages: { sender: settings.messages.sender, contact: settings.messages.contact ?? null },
    clients: buildClients(settings.clients ?? (settings.mode === 'embedded' ? demo : {}), factors),
    sources,
    sample: settings.sample ?? null,
    log: settings.log,
  }
}

function buildServerSettings({ server, mode }: Settings): ServerConfiguration {
  const { host, port, publicUrl, tls, trustProxy, graceTime } = server
  return {
    host,
    port: port ?? (mode === 'production' ? 8080 : 0),
    publicUrl: publicUrl ?? null,
    tls: tls === undefined ? null : { certificate: tls.certificate, key: hide(tls.key) },
    trustProxy,
    graceTime,
  }
}

function buildSource(source: SourceSettings): SourceConfiguration {
  const { full, changes } = source.type === 'scim' ? {} : source.schedule
  return {
    type: source.type,
    correlate: source.correlate,
    activity: source.activity,
    schedule: {
      full: full === undefined ? null : parseDuration(full),
      changes: changes === undefined ? null : parseDuration(changes),
    },
    bringsGroups: bringsGroups(source),
    pushed: source.type === 'scim',
    settings: new Secret(source),
  }
}

function bringsGroups(source: SourceSettings): boolean {
  switch (source.type) {
    case 'ldap':
      return source.groups !== undefined
    case 'csv':
      return false
    case 'scim-pull':
      return source.groups
    case 'scim':
      return true
    default:
      return source satisfies never
  }
}

/** Pulled sources that bring groups (the checks let one through); where none does, the one that is pushed. */
function findGroupSources(sources: Configuration['sources']): readonly string[] {
  const bringing = Object.entries(sources).filter(([, source]) => source.bringsGroups)
  const pulled = bringing.filter(([, { pushed }]) => !pushed)
  return (pulled.length > 0 ? pulled : bringing).map(([name]) => name)
}

function buildDatabase(database: Settings['database']): DatabaseConfiguration | null {
  if (database === undefined) return null
  const { url, poolSize, tls = {} } = database
  const { certificate, key } = tls
  return {
    url: hide(url),
    poolSize,
    tls: {
      // A URL in a file that was left unread says nothing.
      mode: tls.mode ?? (typeof url === 'string' ? chooseTlsMode(url) : 'verify-full'),
      ca: tls.ca ?? null,
      client: certificate === undefined || key === undefined ? null : { certificate, key: hide(key) },
    },
  }
}

function buildTemporal(temporal: Settings['temporal']): TemporalConfiguration | null {
  if (temporal === undefined) return null
  const { address, namespace, tls, apiKey } = temporal
  return {
    address,
    namespace,
    tls:
      tls === undefined
        ? null
        : {
            serverName: tls.serverName ?? null,
            ca: tls.ca ?? null,
            certificate: tls.certificate ?? null,
            key: tls.key === undefined ? null : hide(tls.key),
          },
    apiKey: apiKey === undefined ? null : hide(apiKey),
  }
}

/** A secret is a text by now, unless files were left unread: then there is nothing to give away. */
function hide(secret: string | object): Secret {
  return new Secret(typeof secret === 'string' ? secret : '')
}

/** The embedded mode keeps messages in its memory where nothing else is named. */
function buildChannels({ channels, mode }: Settings): Configuration['channels'] {
  const standard = mode === 'embedded' ? [{ type: 'outbox', capacity: 200 } as const] : []
  return {
    sms: new Secret<readonly ChannelSettings[]>(channels.sms ?? standard),
    email: new Secret<readonly ChannelSettings[]>(channels.email ?? standard),
  }
}

function buildKeys(keys: Settings['keys']): Configuration['keys'] {
  if (keys === undefined || typeof keys.ring !== 'string') return null
  const ring = parseKeyRing(keys.ring)
  // A ring with a fault was reported by the checks, and no configuration is built then.
  return typeof ring === 'string' ? null : new Secret(ring)
}
