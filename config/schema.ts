import { isIP } from 'node:net'
import { getCountries } from 'libphonenumber-js/max/es6'
import { z } from 'zod'
import { emailChannel, smsChannel } from '../connectors/channel-registry.ts'
import { parseDuration } from '../connectors/duration.ts'
import { duration, filePath, secret } from '../connectors/mapping-schema.ts'
import { pushedSources, sourceConnectors } from '../connectors/registry.ts'
import { findNearest } from '../domain/nearest.ts'
import { challenges, client, keys } from './challenge-schema.ts'
import { limits } from './limit-schema.ts'
import type { SchemaNode } from './schema-tree.ts'
import { audit, database, deliveries, graceTime, temporal, worker } from './service-schema.ts'

/** Names that become part of workflow ids, facts (`groups.NAME`) and scopes. */
const sourceId = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'a letter, then letters, digits, - or _')

const customName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'a letter, then letters, digits or _')

const host = z.string().regex(/^[^\s/]+$/, 'a host name or an IP address')

const port = z.int().min(0).max(65_535)

const timeZone = z.string().refine(isTimeZone, {
  error: ({ input }) =>
    withNearest(`unknown time zone "${String(input)}"`, String(input), Intl.supportedValuesOf('timeZone')),
})

const country = z.string().refine((code) => countries.has(code), {
  error: ({ input }) =>
    withNearest(
      `unknown country "${String(input)}"; expected ISO 3166-1 alpha-2, as in DE`,
      String(input),
      countries,
    ),
})
const countries: ReadonlySet<string> = new Set(getCountries())

const server = z
  .strictObject({
    host: host
      .default('127.0.0.1')
      .describe('The address that is listened on. In the embedded mode loopback only.'),
    port: port
      .optional()
      .describe('0 is any free one. Default: 8080 in production mode, any free one in the embedded mode.'),
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('How people and programs reach the server. Default: made of host and port.'),
    tls: z
      .strictObject({
        certificate: filePath.describe(
          'A PEM file: the certificate, then those between it and the authority.',
        ),
        key: secret.describe('Its PEM private key.'),
      })
      .optional()
      .describe('The server speaks HTTPS. Read at the start and on SIGHUP.'),
    trustProxy: z
      .union([
        z.boolean(),
        z.array(z.string().refine(isNetwork, 'an IP address, or a range as in 10.0.0.0/8')).min(1).max(100),
      ])
      .default(false)
      .describe(
        'A proxy before the server ends TLS, and its X-Forwarded headers count: true for whoever connects, or the addresses and ranges of the proxies.',
      ),
    graceTime,
  })
  .prefault({})
  .describe('The HTTP server.')

const attributes = z
  .record(
    customName,
    z.strictObject({
      type: z.enum(['string', 'boolean', 'number', 'date']).describe('How values are read and compared.'),
      multiValued: z.boolean().default(false).describe('Whether a person can have several.'),
    }),
  )
  .default({})
  .describe("Attributes beyond SCIM's own; mappings and policies call them custom.NAME.")

const brakes = z
  .strictObject({
    takenAway: z
      .strictObject({
        percent: z.number().min(0).max(100).default(5).describe('Of those who have something to lose.'),
        atLeast: z.int().min(0).default(50).describe('Below this number the brake never trips.'),
      })
      .prefault({})
      .describe('Rights revoked and enrollments suspended in one run: both limits exceeded hold the run.'),
  })
  .prefault({})
  .describe('What holds a run until a person approves it.')

const factorList = z.array(z.enum(['smsOtp', 'emailOtp'])).default(['smsOtp', 'emailOtp'])

const factors = z
  .strictObject({
    'allowed.auth.factors': factorList.describe('Factors that people may sign in with.'),
    'allowed.reg.factors': factorList.describe('Factors that addresses may be enrolled for.'),
  })
  .prefault({})
  .describe('Which factors are switched on in the whole installation.')

const channels = z
  .strictObject({
    sms: z.array(smsChannel).min(1).max(8).optional().describe('For text messages, tried in turn.'),
    email: z.array(emailChannel).min(1).max(8).optional().describe('For mail, tried in turn.'),
  })
  .prefault({})
  .describe(
    'What messages leave by. Default: `outbox` for both in the embedded mode, none in production mode.',
  )

const messages = z
  .strictObject({
    sender: z
      .string()
      .trim()
      .min(1)
      .max(30)
      .regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'a line without control characters')
      .default('Muster')
      .describe('The name that messages are signed with.'),
    contact: z
      .string()
      .trim()
      .min(1)
      .max(60)
      .regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'a line without control characters')
      .optional()
      .describe('Where people turn when something was not their doing: a mailbox, a number, a page.'),
  })
  .prefault({})
  .describe('What messages say of you.')

const sample = z
  .strictObject({
    directory: z
      .strictObject({
        ldif: filePath.describe('The LDIF file that is served.'),
        source: z.string().describe('The ldap source whose urls then lead to it.'),
      })
      .describe('An LDAP server of ours on a free loopback port.'),
  })
  .describe('A sample directory that `muster up` serves. Embedded mode only.')

/** Everything that muster.yaml may hold. Defaults, types, the JSON Schema and docs/configuration.md come from here. */
export const settingsSchema = z.strictObject({
  mode: z
    .enum(['embedded', 'production'])
    .default('embedded')
    .describe('embedded: one process with everything on loopback. production: your PostgreSQL and Temporal.'),
  server,
  database: database.optional(),
  temporal: temporal.optional(),
  worker,
  policies: filePath.default('./policies').describe('The folder of policy documents.'),
  attributes,
  timeZone: timeZone.default('UTC').describe('What a day is in policies: a zone of the IANA database.'),
  groupsFrom: z
    .array(z.string())
    .optional()
    .describe(
      'Sources whose group names policies see as `groups`; needed when several sources bring groups. Default: the one that does; one of type scim counts only where no other brings some.',
    ),
  precedence: z
    .record(z.string(), z.array(z.string()).min(1).describe('Sources; the first that has a value wins.'))
    .default({})
    .describe(
      'Which source wins, by attribute: for single values, and for the lists that are named. `default` is for all others; left out: the order of `sources`.',
    ),
  brakes,
  grace: duration.transform(parseDuration).prefault('30d').describe('From suspended to removed.'),
  countries: z
    .array(country)
    .min(1)
    .optional()
    .describe('Where SMS may go; numbers of other countries are unusable. Left out: everywhere.'),
  factors,
  audit,
  deliveries,
  keys: keys.optional(),
  challenges,
  limits,
  channels,
  messages,
  clients: z
    .record(sourceId, client)
    .optional()
    .describe(
      'Applications that ask for challenges, by a name of your choice. Default: none in production mode, a trusted `demo` in the embedded mode.',
    ),
  sources: z
    .record(
      sourceId,
      z.discriminatedUnion('type', [
        sourceConnectors.ldap.configSchema,
        sourceConnectors.csv.configSchema,
        sourceConnectors['scim-pull'].configSchema,
        pushedSources.scim.configSchema,
      ]),
    )
    .describe('The systems of record that identities come from, by a name of your choice.'),
  sample: sample.optional(),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info')
        .describe('The least serious lines that are written (to standard error).'),
    })
    .prefault({})
    .describe('The log.'),
})

export type Settings = z.output<typeof settingsSchema>
export type SourceSettings = Settings['sources'][string]

let jsonSchema: (Readonly<Record<string, unknown>> & SchemaNode) | null = null

/** The JSON Schema (draft 2020-12) of muster.yaml, for editors. */
export function configurationJsonSchema(): Readonly<Record<string, unknown>> & SchemaNode {
  // Made on demand and once: it takes as long as reading a hundred files.
  jsonSchema ??= { title: 'muster.yaml', ...(z.toJSONSchema(settingsSchema, { io: 'input' }) as SchemaNode) }
  return jsonSchema
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const most = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1
  return (
    most > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  )
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function withNearest(sentence: string, word: string, known: Iterable<string>): string {
  const nearest = findNearest(word, known)
  return nearest === null ? sentence : `${sentence}; nearest known: ${nearest}`
}
