import { z } from 'zod'
import { findNearest } from '../domain/nearest.ts'
import { findTarget, mappableNames } from './attribute-targets.ts'

/** Parts of the configuration that every pulled source shares. Connectors build their own schema from them. */

/** Tells the configuration folder to replace the value before it is checked; see `secret` and `filePath`. */
export type Mark = 'secret' | 'path'
const mark = (kind: Mark) => ({ 'x-muster': kind })

/**
 * A secret as the configuration names it. The configuration folder replaces it by its text before a source is
 * opened, and refuses a literal outside the embedded mode.
 */
export const secret = z
  .union([
    z.string().min(1),
    z.strictObject({ env: z.string().min(1).describe('The environment variable that holds it.') }),
    z.strictObject({
      file: z.string().min(1).describe('The file that holds it; one newline at its end is cut.'),
    }),
  ])
  .meta(mark('secret'))
  .describe('A secret: { env: NAME } or { file: PATH }; a literal in the embedded mode only.')

/** The path of a file. What is relative is relative to the configuration file, and absolute when a source opens. */
export const filePath = z.string().min(1).meta(mark('path'))

/** An attribute's name on the side of the source: an LDAP attribute, a CSV column. */
export const sourceName = z.string().min(1)

const valueType = z.string().min(1).describe('The SCIM type of the value: work, home, mobile, …')

export const typedValueMapping = z
  .strictObject({
    from: sourceName.describe('The attribute or column that is read.'),
    type: valueType.optional(),
    primary: z.boolean().optional().describe('Its first value is the primary one.'),
    trust: z
      .enum(['asserted', 'claimed'])
      .default('asserted')
      .describe('claimed: people edit it themselves, so an address from it starts pending.'),
  })
  .describe('Where values of a multi-valued attribute come from.')

const multiValued = z.union([sourceName, z.array(typedValueMapping).min(1)])

/** SCIM name → the source's name. Enterprise and custom names are written without their URN. */
export const attributeMapping = z
  .object({
    emails: multiValued.optional(),
    phoneNumbers: multiValued.optional(),
    roles: multiValued.optional(),
    entitlements: multiValued.optional(),
  })
  .catchall(sourceName)
  .superRefine((mapping, context) => {
    for (const name of Object.keys(mapping)) {
      if (findTarget(name)) continue
      const nearest = findNearest(name, mappableNames)
      const hint = nearest ? `did you mean ${nearest}?` : 'write custom.NAME for one of your own'
      context.addIssue({ code: 'custom', message: `there is no attribute ${name}: ${hint}`, path: [name] })
    }
  })
  .describe('SCIM name: name in the source. Enterprise and custom.* names are written without URN.')

const dateFormat = z
  .enum(['generalizedTime', 'filetime', 'epochDays', 'iso'])
  .describe('How the source writes the time; in filetime 0 and the maximum mean never.')

export const inactiveTest = z
  .union([
    z.strictObject({ attribute: sourceName, equals: z.string() }),
    z.strictObject({ attribute: sourceName, oneOf: z.array(z.string()).min(1) }),
    z.strictObject({ attribute: sourceName, bit: z.int().min(1) }),
    z.strictObject({ attribute: sourceName, before: z.literal('now'), format: dateFormat }),
  ])
  .describe('When an entry is inactive: any of the tests is enough.')

export const countryRule = z
  .strictObject({
    attribute: sourceName.optional(),
    default: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional(),
  })
  .describe(
    'The country for numbers without a country code: an attribute (ISO 3166-1 alpha-2), else the default.',
  )

/** Identity attributes that tie records together, tried in order. */
export const correlate = z
  .array(z.string().min(1))
  .min(1)
  .default(['employeeNumber'])
  .describe('Keys that tie records of one person together, tried in order.')

export const activity = z
  .enum(['decides', 'ignored'])
  .default('decides')
  .describe('Whether this source may switch a person off.')

/** A length of time as people write it; `parseDuration` turns it into milliseconds. */
export const duration = z.string().regex(/^[1-9][0-9]*(s|m|h|d)$/, 'a duration such as 30s, 5m, 24h or 30d')

export const schedule = z
  .strictObject({
    full: duration.optional().describe('How often everything is read.'),
    changes: duration
      .optional()
      .describe(
        'How often changes are read, where the source can tell them; who is gone shows only when everything is read.',
      ),
  })
  .describe('When the source is read by itself.')

/** As `attributeMapping` lets it through; wider than what zod infers of a catch-all. */
export type AttributeMapping = Readonly<Record<string, string | readonly TypedValueMapping[] | undefined>>
export type TypedValueMapping = z.infer<typeof typedValueMapping>
export type InactiveTest = z.infer<typeof inactiveTest>
export type CountryRule = z.infer<typeof countryRule>
