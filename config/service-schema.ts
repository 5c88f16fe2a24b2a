import { z } from 'zod'
import { parseDuration } from '../connectors/duration.ts'
import { duration, filePath, secret } from '../connectors/mapping-schema.ts'
import { durationWithin } from './durations.ts'

/** `database`: the PostgreSQL of the production mode. */
export const database = z
  .strictObject({
    url: secret.describe('postgres://USER:PASSWORD@HOST:PORT/DATABASE, as { env: NAME } or { file: PATH }.'),
    poolSize: z.int().min(1).max(100).default(10).describe('Connections that one process keeps at most.'),
    tls: z
      .strictObject({
        mode: z
          .enum(['disable', 'verify-ca', 'verify-full'])
          .optional()
          .describe(
            'verify-full: the certificate is of a trusted authority and carries the host. verify-ca: of a trusted authority. disable: in clear text. Default: sslmode of the URL, else disable on loopback and verify-full elsewhere.',
          ),
        ca: filePath
          .optional()
          .describe("A PEM file of the authorities that are trusted. Default: Node's own."),
        certificate: filePath.optional().describe('A PEM file: the client certificate.'),
        key: secret.optional().describe('The PEM private key of the client certificate.'),
      })
      .optional()
      .describe('TLS to PostgreSQL.'),
  })
  .describe('The PostgreSQL of the production mode. The embedded mode brings its own.')

/** `temporal`: the Temporal of the production mode. */
export const temporal = z
  .strictObject({
    address: z
      .string()
      .regex(/^[^\s/]+:\d{1,5}$/, 'HOST:PORT')
      .describe('HOST:PORT of the Temporal frontend.'),
    namespace: z.string().min(1).default('default').describe('The namespace that workflows run in.'),
    tls: z
      .strictObject({
        serverName: z
          .string()
          .min(1)
          .optional()
          .describe("The name that the server's certificate must carry; default: the host."),
        ca: filePath.optional().describe('A PEM file of the authorities that are trusted.'),
        certificate: filePath.optional().describe('A PEM file: the client certificate (mutual TLS).'),
        key: secret.optional().describe('The PEM private key of the client certificate.'),
      })
      .optional()
      .describe('TLS to Temporal; {} for the defaults. Left out: TLS where an API key is given, else none.'),
    apiKey: secret.optional().describe('The API key of Temporal Cloud.'),
  })
  .describe('The Temporal of the production mode. The embedded mode brings its own.')

/** How long a process may take to end after it was told to. */
export const graceTime = duration
  .transform(parseDuration)
  .prefault('20s')
  .describe('How long the end may take after SIGTERM; what is still under way then is cut off.')

/** `audit`: what becomes of audit events. */
export const audit = z
  .strictObject({
    retention: durationWithin('30d', '36500d')
      .optional()
      .describe(
        'How long audit events are kept, from 30d on; then they are removed seal by seal, and a sealed summary stays. Default: for ever.',
      ),
  })
  .prefault({})
  .describe('Audit events, which are sealed every minute: `muster audit verify`.')

/** `deliveries`: what becomes of messages that were sent. */
export const deliveries = z
  .strictObject({
    retention: durationWithin('7d', '3650d')
      .prefault('90d')
      .describe('How long deliveries and their attempts are kept: 7d to 3650d.'),
  })
  .prefault({})
  .describe('Messages that were sent, or could not be.')

/** `worker`: the processes of `muster worker`. */
export const worker = z
  .strictObject({
    healthPort: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe(
        'The loopback port on which a worker answers /healthz, /readyz and /metrics; 0 is any free one. Left out: none.',
      ),
    graceTime,
  })
  .prefault({})
  .describe('The processes of `muster worker`.')
