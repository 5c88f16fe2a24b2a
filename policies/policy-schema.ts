import { z } from 'zod'
import { factors } from '../domain/factor.ts'
import { type RootCondition, rootConditionSchema } from './condition.ts'

const factor = z.enum(factors)
const id = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'letters, digits, ".", "_" and "-", at most 64')
  .describe('Names the document in decisions, audit events and faults.')
const description = z.string().max(1000).optional()
const schemaHint = z.string().optional().describe('Where the JSON Schema is, for editors.')

const right = z.union([
  factor,
  z.strictObject({
    factor,
    clients: z.array(z.string().min(1)).min(1).describe('The right counts for these clients only.'),
  }),
])

const enrollPath = z.string().min(1).max(1000)

const enroll = z.strictObject({
  factor,
  from: z
    .union([enrollPath, z.array(enrollPath).min(1).max(10)])
    .describe('A SCIM path with a value filter, or several: the first that yields a usable address counts.'),
  take: z.enum(['all', 'primary', 'first']).default('all'),
  max: z.int().min(1).max(100).optional().describe('The most addresses of this enrollment for one person.'),
  onChange: z
    .enum(['replace', 'keep', 'hold'])
    .default('replace')
    .describe('What a changed value does to the enrolled address; hold: until the new one is proven.'),
  onUnmatch: z.enum(['suspend', 'remove']).default('suspend').describe('When the policy no longer wants it.'),
  proof: z
    .enum(['asserted', 'required'])
    .default('asserted')
    .describe('asserted: usable at once; required: pending until a code is typed.'),
  reenroll: z.boolean().default(false).describe('Brings back an address that a person removed.'),
  notify: z
    .boolean()
    .optional()
    .describe('Whether people are told when this adds, replaces or removes an address; left out: they are.'),
})

const provision = z.strictObject({
  type: z.literal('provision'),
  params: z.strictObject({
    rights: z.array(right).default([]),
    enroll: z.array(enroll).default([]),
  }),
})

const deny = z.strictObject({
  type: z.literal('deny'),
  params: z.strictObject({
    rights: z.array(factor).min(1).describe('A denial is for every client.'),
    reason: z.string().min(1).max(200),
    overridable: z.boolean().default(false).describe("A person's grant beats this denial."),
  }),
})

/** One policy document, without its conditions: these are checked one by one, so that each fault has its place. */
export const policyFrame = z.strictObject({
  $schema: schemaHint,
  id,
  description,
  mode: z
    .enum(['enforce', 'shadow', 'off'])
    .default('enforce')
    .describe('shadow: decided and reported, never applied.'),
  priority: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1)
    .describe('Orders evaluation and the preferred address; never decides a conflict.'),
  target: z.string().min(1).optional().describe('A SCIM filter (RFC 7644 section 3.4.2.2) on the identity.'),
  conditions: z.custom<RootCondition>((value) => typeof value === 'object' && value !== null),
  event: z.discriminatedUnion('type', [provision, deny]),
})

/** A condition that policies share, from the conditions folder. */
export const conditionFrame = z.strictObject({
  $schema: schemaHint,
  id,
  description,
  conditions: z.custom<RootCondition>((value) => typeof value === 'object' && value !== null),
})

/** A policy, checked and with its defaults filled in. */
export type PolicyDocument = z.infer<typeof policyFrame>
export type ConditionDocument = z.infer<typeof conditionFrame>

/** The JSON Schema of a policy document (draft 2020-12), for editors. */
export function describePolicySchema(): z.core.JSONSchema.BaseSchema {
  const policy = policyFrame.extend({ conditions: rootConditionSchema }).meta({ title: 'A Muster policy' })
  return z.toJSONSchema(policy, { io: 'input' })
}
