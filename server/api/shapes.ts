import { z } from 'zod'
import { unusableReasons } from '../../domain/address.ts'
import { enrollmentStatuses } from '../../domain/enrollment.ts'
import { factors } from '../../domain/factor.ts'

/** The parts that several operations take or answer. `describe` is what `/openapi.json` says of them. */

export const id = z.uuid().describe('An id.')
export const time = z.iso.datetime({ offset: true }).describe('RFC 3339.')
export const factor = z.enum(factors).describe('A factor.')

/** Why somebody changes something. */
export const reason = z.string().max(500).nullable().default(null).describe('For the audit trail.')
const ip = z.union([z.ipv4(), z.ipv6()]).describe('An IPv4 or IPv6 address.')

/** Where a request came from, as the client saw it. */
export const context = z
  .strictObject({
    ip: ip
      .nullable()
      .default(null)
      .describe("The person's address. Needed to sign in, save by contextless clients."),
    userAgent: z.string().max(512).nullable().default(null).describe("The person's browser."),
    transaction: z
      .string()
      .max(4096)
      .nullable()
      .default(null)
      .describe('What the person agrees to; only its hash is kept, and the code counts for nothing else.'),
  })
  .prefault({})
  .describe('Where the request comes from.')

/** Who writes, as the client states it. */
export const actor = z
  .strictObject({
    kind: z.enum(['self', 'admin']).describe('admin needs a token with the scope admin.'),
    id: z.string().min(1).max(256).describe('Opaque: who it is there.'),
    authenticatedAt: time
      .nullable()
      .default(null)
      .describe('When the person last signed in; for a write by themselves at most 15 minutes ago.'),
  })
  .describe('Who writes.')

/** BCP 47, or a list as in Accept-Language. */
export const locale = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9,;=.*_ -]*$/, 'a language tag')
  .nullable()
  .default(null)
  .describe("The language of messages; left out: the identity's own.")

export const identityName = z
  .union([
    z.strictObject({ id }),
    z.strictObject({ userName: z.string().min(1).max(256).describe('In any case.') }),
    z.strictObject({
      source: z.string().min(1).max(63).describe('A source of the configuration.'),
      externalId: z.string().min(1).max(1024).describe('The id that the source gives the person.'),
    }),
  ])
  .describe('One way to name an identity.')

const action = z
  .enum(['enroll', 'prove', 'other-factor', 'other-address', 'resend', 'new-challenge', 'wait'])
  .describe('What can be done.')

export const choices = z
  .array(z.strictObject({ enrollmentId: id, masked: z.string().describe('Different for each.') }))
  .describe('Where the code could go, last used first.')

export const challenge = z
  .strictObject({
    id,
    status: z.enum(['selecting', 'pending', 'passed', 'failed', 'expired', 'cancelled', 'superseded']),
    purpose: z.enum(['authentication', 'enrollment']),
    factor,
    sentTo: z.string().nullable().describe('Masked; null while selecting.'),
    choices: choices.nullable().describe('While selecting: where the code could go.'),
    expiresAt: time,
    resendAt: time.nullable().describe('When the next message can be asked for; null: there is none.'),
    remainingAttempts: z.int().describe('Codes that can still be typed.'),
    delivery: z
      .strictObject({
        status: z.enum(['queued', 'sent', 'delivered', 'failed', 'abandoned']),
        alternatives: z.array(action).describe('Named where the person may be waiting in vain.'),
      })
      .nullable()
      .describe('The newest message.'),
  })
  .meta({ id: 'Challenge', description: 'A challenge.' })

export const passed = z
  .strictObject({
    status: z.literal('passed'),
    amr: z.array(z.enum(['sms', 'otp'])).describe('RFC 8176.'),
    enrollmentId: id,
    proof: z.enum(['none', 'asserted', 'attested', 'proven']),
    addressChangedAt: time.nullable(),
  })
  .describe('What a passed challenge proves.')

export const factorList = z.strictObject({
  factors: z.array(
    z.strictObject({
      factor,
      choices,
      reason: z
        .enum(['no-right', 'not-enrolled', 'not-proven', 'disabled', 'locked', 'undeliverable'])
        .nullable()
        .describe('Why there is no choice; for trusted clients only.'),
      actions: z.array(action),
    }),
  ),
})

export const enrollment = z
  .strictObject({
    id,
    factor,
    address: z.string().describe('Masked.'),
    usable: z.boolean(),
    status: z.enum(enrollmentStatuses),
    statusReason: z.string().nullable(),
    statusBy: z.string().nullable(),
    statusSince: time,
    origins: z.array(
      z.strictObject({
        kind: z.enum(['policy', 'self', 'admin']),
        policy: z.string().nullable(),
        source: z.string().nullable(),
        attribute: z.enum(['emails', 'phoneNumbers']).nullable(),
        since: time,
      }),
    ),
    proof: z.enum(['none', 'asserted', 'attested', 'proven']),
    enrolledAt: time,
    addressChangedAt: time.nullable(),
    lastUsed: z
      .strictObject({
        at: time,
        ip: z.string().nullable(),
        userAgent: z.string().nullable(),
        client: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Enrollment', description: 'An address that is bound to an identity for a factor.' })

/** A problem document, RFC 9457. */
export const problem = z
  .looseObject({
    type: z.string().describe('`urn:muster:problem:CODE`: what programs switch over.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('For people.'),
    requestId: z.string().optional().describe('Ties the answer to the log.'),
    help: z
      .array(z.string())
      .optional()
      .describe('What the person can try, in the language of Accept-Language.'),
    actions: z.array(action).optional(),
    reason: z
      .enum([
        'no-right',
        'not-enrolled',
        'not-proven',
        'disabled',
        'locked',
        'undeliverable',
        ...unusableReasons,
      ])
      .optional(),
    remainingAttempts: z.int().optional(),
    lockedUntil: time.nullable().optional().describe('null: until it is proven again, or unlocked.'),
    errors: z
      .array(z.strictObject({ pointer: z.string(), message: z.string() }))
      .optional()
      .describe('Of a request that is not of its schema: each place (RFC 6901) and what was expected.'),
  })
  .meta({ id: 'Problem', description: 'A problem (RFC 9457).' })
