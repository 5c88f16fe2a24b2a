import { z } from 'zod'
import { isLoopback } from '../loopback.ts'
import { activity, correlate, duration, filePath, schedule, secret } from '../mapping-schema.ts'

const trustOf = z.enum(['asserted', 'claimed']).default('asserted')

const trust = z
  .strictObject({ emails: trustOf, phoneNumbers: trustOf })
  .prefault({})
  .describe('claimed: people edit it themselves, so an address from it starts pending.')

const country = z
  .strictObject({
    default: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional(),
  })
  .prefault({})
  .describe('The country of numbers without a country code (ISO 3166-1 alpha-2).')

/** Below this rate Entra ID and the IPSIE profile take a server for broken. */
const leastRate = 25

const rate = z
  .strictObject({
    perSecond: z
      .int()
      .min(leastRate)
      .max(100_000)
      .default(200)
      .describe('Requests a second that go on for ever.'),
    burst: z
      .int()
      .min(leastRate)
      .max(1_000_000)
      .default(1000)
      .describe('Requests at once after a quiet time.'),
  })
  .prefault({})
  .describe('What one connection may ask for; more is answered 429 with Retry-After.')

/** `type: scim`: an identity provider or HR system pushes people and groups to /scim/v2. */
export const scimPushConfig = z.strictObject({
  type: z.literal('scim'),
  strict: z
    .boolean()
    .default(false)
    .describe(
      'true: the SCIM interoperability profile to the letter. false: what Entra ID and Okta send is understood too.',
    ),
  rate,
  country,
  trust,
  correlate,
  activity,
})

const address = z
  .string()
  .refine(isServiceAddress, 'an address such as https://idp.example.com/scim/v2, without query or password')

const clientCredentials = z
  .strictObject({
    tokenUrl: address.describe('Where tokens are given out.'),
    clientId: z.string().min(1),
    clientSecret: secret,
    scope: z.string().min(1).optional().describe('Scopes asked for, with spaces between them.'),
    send: z
      .enum(['header', 'body'])
      .default('header')
      .describe('How the client names itself: HTTP Basic, as RFC 6749 wants it, or in the form.'),
  })
  .describe('A token by OAuth 2.0 client credentials (RFC 6749 section 4.4).')

const auth = z
  .union([
    z.strictObject({ bearer: secret.describe('A token that was given out by the server.') }),
    z.strictObject({ clientCredentials }),
  ])
  .describe('Who reads.')

const timeouts = z
  .strictObject({
    connect: duration.default('10s').describe('For the connection and its TLS handshake.'),
    idle: duration.default('60s').describe('Without a byte from the server.'),
    deadline: duration.default('1h').describe('For one whole read.'),
  })
  .prefault({})

/** `type: scim-pull`: people and groups of a server that offers SCIM 2.0 to be read. */
export const scimPullConfig = z
  .strictObject({
    type: z.literal('scim-pull'),
    url: address.describe('Where /Users and /Groups are, as https://idp.example.com/scim/v2.'),
    auth,
    tls: z
      .strictObject({
        ca: filePath
          .optional()
          .describe('A PEM file of the authorities that are trusted; default: those of Node.'),
      })
      .prefault({})
      .describe('How the connection is protected.'),
    allowCleartext: z
      .boolean()
      .default(false)
      .describe('Allows http:// to an address that is not loopback: the token travels readable.'),
    groups: z
      .boolean()
      .default(true)
      .describe('Whether groups are read: from /Groups, else those that each user names.'),
    search: z
      .boolean()
      .default(false)
      .describe(
        'Ask by POST /.search, so that queries stand in no log of an address; SCIM has no way to find out who offers it.',
      ),
    country,
    trust,
    correlate,
    activity,
    schedule: schedule.prefault({}),
    timeouts,
    pageSize: z
      .int()
      .min(1)
      .max(10_000)
      .default(200)
      .describe('Resources asked for at once; less where the server says that it gives less.'),
    answerLimit: z
      .int()
      .min(65_536)
      .max(268_435_456)
      .default(67_108_864)
      .describe('Bytes of one answer at most: a larger one ends the read.'),
    allowEmpty: z
      .boolean()
      .default(false)
      .describe('Whether a read that finds nobody, or no group, can be right.'),
  })
  .superRefine((config, context) => {
    if (config.allowCleartext) return
    const message = 'without TLS the token travels readable: use https://, or set allowCleartext'
    if (isReadable(config.url)) context.addIssue({ code: 'custom', message, path: ['url'] })
    const path = ['auth', 'clientCredentials', 'tokenUrl']
    if ('clientCredentials' in config.auth && isReadable(config.auth.clientCredentials.tokenUrl))
      context.addIssue({ code: 'custom', message, path })
  })

export type ScimPullConfig = z.infer<typeof scimPullConfig>

function isServiceAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s?#]+$/.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

function isReadable(text: string): boolean {
  return text.startsWith('http:') && URL.canParse(text) && !isLoopback(new URL(text).hostname)
}
