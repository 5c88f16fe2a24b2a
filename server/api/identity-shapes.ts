import { z } from 'zod'
import { unusableReasons } from '../../domain/address.ts'
import {
  type Attributes,
  coreTextNames,
  enterpriseTextNames,
  enterpriseUrn,
  musterUrn,
  nameParts,
} from '../../domain/attributes.ts'
import { enrollment, factor, id, time } from './shapes.ts'

/** Identities and decisions as they are answered (interfaces page, section 2). */

const attribute = z.enum(['emails', 'phoneNumbers'])
const clients = z.array(z.string()).nullable().describe('null: every client.')
const since = time.describe('Since when.')

const typedValues = z.array(
  z.strictObject({
    value: z.string(),
    type: z.string().optional(),
    primary: z.boolean().optional(),
    source: z.string().optional(),
    trust: z.enum(['asserted', 'claimed']).optional(),
  }),
)

function texts<Name extends string>(names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, z.string().optional()])) as {
    readonly [Key in Name]: z.ZodOptional<z.ZodString>
  }
}

const attributes = z
  .strictObject({
    ...texts(coreTextNames),
    name: z.strictObject(texts(nameParts)).optional(),
    emails: typedValues.optional(),
    phoneNumbers: typedValues.optional(),
    roles: typedValues.optional(),
    entitlements: typedValues.optional(),
    groups: typedValues.optional(),
    [enterpriseUrn]: z
      .strictObject({
        ...texts(enterpriseTextNames),
        manager: z.strictObject({ value: z.string() }).optional(),
      })
      .optional(),
    [musterUrn]: z
      .strictObject({
        startDate: z.string().optional(),
        endDate: z.string().optional(),
        dn: z.string().optional(),
        custom: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
          .optional(),
      })
      .optional(),
  } satisfies Record<keyof Attributes, z.ZodType>)
  .describe('SCIM attributes (RFC 7643); addresses masked unless revealed.')

/** A right with every reason for and against it. */
export const right = z
  .strictObject({
    factor,
    effective: z.boolean(),
    clients,
    origins: z.array(
      z.strictObject({
        kind: z.enum(['policy', 'manual']),
        policy: z.string().nullable(),
        by: z.string().nullable(),
        since,
        until: time.nullable().describe('When it ends by itself.'),
        reason: z.string().nullable(),
        clients,
      }),
    ),
    denials: z.array(
      z.strictObject({
        kind: z.enum(['policy', 'manual']),
        policy: z.string().nullable(),
        by: z.string().nullable(),
        since,
        reason: z.string().nullable(),
        overridable: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Right', description: 'May enroll for and use a factor.' })

const unusable = z.array(
  z.strictObject({
    factor,
    attribute,
    source: z.string(),
    value: z.string().describe('Masked unless revealed.'),
    reason: z.enum(unusableReasons),
  }),
)

export const identity = z
  .strictObject({
    id,
    userName: z.string().nullable(),
    active: z.boolean(),
    attributes,
    records: z.array(
      z.strictObject({
        source: z.string(),
        externalId: z.string(),
        seenAt: time.nullable().describe("The source's last proved read; null once one missed it."),
        missingSince: time.nullable(),
      }),
    ),
    rights: z.array(right),
    enrollments: z.array(enrollment),
    unusable,
    reviewAt: time.nullable().describe('When the passing of time alone could change something.'),
  })
  .meta({ id: 'Identity', description: 'A person who is looked after.' })

/** Whose something is, in lists. */
export const owner = z.strictObject({ id, userName: z.string().nullable() })

export const listedEnrollment = enrollment
  .extend({ identity: owner })
  .meta({ id: 'ListedEnrollment', description: 'An enrollment, with whose it is.' })

export const decision = z
  .strictObject({
    identity: id,
    policySet: z.string().describe('`sha256:…` of the set in force.'),
    rights: z.array(
      z.strictObject({
        factor,
        granted: z.boolean(),
        clients,
        by: z.array(z.string()).describe('Policies that grant it.'),
        deniedBy: z.array(
          z.strictObject({ policy: z.string(), reason: z.string(), overridable: z.boolean() }),
        ),
      }),
    ),
    enrollments: z.array(
      z.strictObject({ factor, address: z.string(), policy: z.string(), source: z.string(), attribute }),
    ),
    unusable,
    reviewAt: time.nullable(),
    reasons: z.array(
      z.strictObject({
        policy: z.string(),
        mode: z.enum(['enforce', 'shadow', 'off']),
        target: z.boolean().nullable(),
        matched: z.boolean(),
        conditions: z.array(
          z.strictObject({
            fact: z.string(),
            operator: z.string(),
            value: z.unknown(),
            actual: z.unknown(),
            result: z.boolean(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Decision', description: 'What the policies in force say of an identity, and why.' })
