import { z } from 'zod'
import {
  activity,
  attributeMapping,
  correlate,
  countryRule,
  duration,
  filePath,
  inactiveTest,
  schedule,
  secret,
  sourceName,
} from '../mapping-schema.ts'
import { encodeFilter, FilterSyntaxError } from './filter.ts'

/** The servers whose habits are known; each fills in what the configuration leaves out. */
export const flavors = ['openldap', 'active-directory', '389ds', 'generic'] as const

const dn = z.string().min(1)
const scope = z
  .enum(['sub', 'one'])
  .default('sub')
  .describe('sub: the whole tree below; one: its children only.')

const filter = z
  .string()
  .superRefine((text, context) => {
    try {
      encodeFilter(text)
    } catch (error) {
      if (!(error instanceof FilterSyntaxError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
  })
  .describe('A filter (RFC 4515). The default follows from the flavor.')

const url = z
  .string()
  .regex(/^ldaps?:\/\/[^/?#@\s]+\/?$/, {
    abort: true,
    error: 'an address such as ldap://host:389 or ldaps://host:636',
  })
  .refine((address) => URL.canParse(address), 'an address such as ldap://host:389 or ldaps://host:636')
  .describe('ldap://HOST[:PORT] or ldaps://HOST[:PORT].')

const tls = z
  .strictObject({
    mode: z
      .enum(['ldaps', 'starttls', 'none'])
      .optional()
      .describe('Default: ldaps for ldaps:// addresses, starttls for ldap:// ones.'),
    ca: filePath
      .optional()
      .describe('A PEM file of the authorities that are trusted; default: those of Node.'),
    servername: z
      .string()
      .min(1)
      .optional()
      .describe("The name that the server's certificate must carry; default: the host."),
    allowCleartext: z
      .boolean()
      .default(false)
      .describe('Allows mode none to an address that is not loopback: the password travels readable.'),
  })
  .prefault({})
  .describe('How the connection is protected.')

const people = z
  .strictObject({
    base: dn.describe('Where the people are.'),
    scope,
    filter: filter.optional(),
    externalId: sourceName
      .optional()
      .describe('The attribute that never changes and is never reused. The default follows from the flavor.'),
    attributes: attributeMapping,
    inactive: z
      .array(inactiveTest)
      .optional()
      .describe('When a person is inactive. The default follows from the flavor.'),
    country: countryRule.prefault({}),
  })
  .describe('Which entries are people, and what of them is read.')

const groups = z
  .strictObject({
    base: dn.describe('Where the groups are.'),
    scope,
    filter: filter.optional(),
    name: sourceName.default('cn').describe('The attribute that policies know a group by.'),
    member: sourceName
      .optional()
      .describe('The attribute that lists the DNs of members. The default follows from the flavor.'),
    nested: z.boolean().default(true).describe('Whether a member of a member group is a member.'),
    allowEmpty: z
      .boolean()
      .default(false)
      .describe('Whether a read that finds no group at all can be right.'),
  })
  .describe('Which entries are groups; left out: this source brings no groups.')

const timeouts = z
  .strictObject({
    connect: duration.default('5s').describe('For the connection and its TLS handshake.'),
    idle: duration.default('30s').describe('Without a byte from the server.'),
    deadline: duration.default('1h').describe('For one whole read.'),
  })
  .prefault({})

/** `type: ldap`: people and groups of an LDAP directory or an Active Directory. */
export const ldapConfig = z
  .strictObject({
    type: z.literal('ldap'),
    flavor: z
      .enum(flavors)
      .default('generic')
      .describe('The kind of server: sets the defaults of what is left out.'),
    urls: z.array(url).min(1).describe('The servers, tried in order.'),
    tls,
    bind: z
      .strictObject({ dn: dn.describe('The account that reads.'), password: secret })
      .describe('Who reads: a simple bind.'),
    people,
    groups: groups.optional(),
    correlate,
    activity,
    schedule: schedule.prefault({}),
    timeouts,
    pageSize: z.int().min(1).max(100_000).default(1000).describe('Entries asked for at once.'),
    messageLimit: z
      .int()
      .min(65_536)
      .max(1_073_741_824)
      .default(268_435_456)
      .describe('Bytes of one message of the server at most: a larger one ends the read.'),
    allowEmpty: z.boolean().default(false).describe('Whether a read that finds nobody can be right.'),
  })
  .superRefine((config, context) => {
    for (const [index, address] of config.urls.entries()) {
      const message = findTransportFault(address, config.tls)
      if (message) context.addIssue({ code: 'custom', message, path: ['urls', index] })
    }
  })

export type LdapConfig = z.infer<typeof ldapConfig>
export type Flavor = LdapConfig['flavor']

function findTransportFault(address: string, settings: z.infer<typeof tls>): string | null {
  // What is no address has its own fault.
  if (!URL.canParse(address)) return null
  const secure = address.startsWith('ldaps:')
  if (secure && settings.mode !== undefined && settings.mode !== 'ldaps')
    return `ldaps:// and tls mode ${settings.mode} contradict each other`
  if (!secure && settings.mode === 'ldaps') return 'tls mode ldaps needs an ldaps:// address'
  if (settings.mode === 'none' && !settings.allowCleartext && !isLoopback(address))
    return 'without TLS the password travels readable: use ldaps:// or tls mode starttls, or set tls.allowCleartext'
  return null
}

function isLoopback(address: string): boolean {
  const host = new URL(address).hostname
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
