import { z } from 'zod'
import { secret } from '../connectors/mapping-schema.ts'
import { durationWithin } from './durations.ts'

/** The key ring, as a secret: its text is `{"active": "ID", "keys": {"ID": "32 bytes in base64"}}`. */
export const keys = z
  .strictObject({
    ring: secret.describe(
      'Keys that codes are derived from: {"active": "ID", "keys": {"ID": "32 bytes in base64"}}, as { file: PATH } or { env: NAME }.',
    ),
  })
  .describe(
    'What codes are derived from. Needed in production mode; in the embedded mode a ring is made and kept under DATA.',
  )

/** Codes and their lives; the caps are those of NIST SP 800-63B-4, section 3.1.3.2, and 63A-4. */
export const challenges = z
  .strictObject({
    digits: z.int().min(6).max(10).default(6).describe('Length of a code: 6 to 10.'),
    validity: z
      .strictObject({
        authentication: durationWithin('1m', '10m')
          .prefault('5m')
          .describe('Of a code to sign in with: 1m to 10m.'),
        sms: durationWithin('1m', '10m')
          .prefault('10m')
          .describe('Of a code that proves a number: 1m to 10m.'),
        email: durationWithin('1m', '24h')
          .prefault('30m')
          .describe('Of a code that proves a mailbox: 1m to 24h.'),
      })
      .prefault({})
      .describe('How long a code can be typed.'),
    tries: z.int().min(1).max(10).default(5).describe('Codes that may be typed in one challenge: 1 to 10.'),
    sends: z
      .int()
      .min(1)
      .max(5)
      .default(3)
      .describe('Messages of one challenge, the first included: 1 to 5.'),
    waits: z
      .array(durationWithin('10s', '10m'))
      .min(1)
      .max(4)
      .prefault(['30s', '60s'])
      .describe('Before the second message, the third, …; the last one repeats. 10s to 10m each.'),
    retention: durationWithin('7d', '3650d')
      .prefault('90d')
      .describe(
        'How long challenges are kept after they began, with their deliveries: 7d to 3650d. Audit events tell of them after that.',
      ),
  })
  .prefault({})
  .describe('Codes: how long, how many tries and how many messages.')

const factorNames = z.array(z.enum(['smsOtp', 'emailOtp']))

const origin = z
  .string()
  .refine(isOrigin, { error: 'an origin such as https://portal.example.com; http on loopback only' })

/** What asks for challenges. */
export const client = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'a line without control characters')
    .describe('What people know it by; said in messages.'),
  origin: origin
    .optional()
    .describe(
      'Origin of the page that asks for the code: text messages then end with `@host #code`, which browsers fill in there.',
    ),
  trusted: z
    .boolean()
    .default(false)
    .describe('May be told why somebody cannot be challenged; every other client is told nothing.'),
  factors: factorNames.optional().describe('Both lists below, where they say the same. Default: both.'),
  'allowed.auth.factors': factorNames.optional().describe('Factors that people may sign in with there.'),
  'allowed.reg.factors': factorNames.optional().describe('Factors that people may enroll there.'),
  minProof: z
    .enum(['none', 'asserted', 'attested', 'proven'])
    .default('asserted')
    .describe('The least proof that an address must have to be used there.'),
  contextless: z
    .boolean()
    .default(false)
    .describe('Need not say whose IP address a request comes from. Limits by IP then do not work.'),
})

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, origin: parsed } = new URL(text)
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
  return parsed === text && (protocol === 'https:' || (protocol === 'http:' && loopback))
}
