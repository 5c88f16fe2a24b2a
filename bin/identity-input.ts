import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Attributes, enterpriseUrn, musterUrn } from '../domain/attributes.ts'
import { MusterError } from '../domain/error.ts'

const text = z.exactOptional(z.string())
const typedValues = z.exactOptional(
  z.array(
    z.strictObject({
      value: z.string(),
      type: text,
      primary: z.exactOptional(z.boolean()),
      source: text,
      trust: z.exactOptional(z.enum(['asserted', 'claimed'])),
    }),
  ),
)

/** The canonical attributes, as `identities show --json` prints them. */
const attributes = z.strictObject({
  userName: text,
  displayName: text,
  nickName: text,
  profileUrl: text,
  title: text,
  userType: text,
  preferredLanguage: text,
  locale: text,
  timezone: text,
  name: z.exactOptional(
    z.strictObject({
      formatted: text,
      familyName: text,
      givenName: text,
      middleName: text,
      honorificPrefix: text,
      honorificSuffix: text,
    }),
  ),
  emails: typedValues,
  phoneNumbers: typedValues,
  roles: typedValues,
  entitlements: typedValues,
  groups: typedValues,
  [enterpriseUrn]: z.exactOptional(
    z.strictObject({
      employeeNumber: text,
      costCenter: text,
      organization: text,
      division: text,
      department: text,
      manager: z.exactOptional(z.strictObject({ value: z.string() })),
    }),
  ),
  [musterUrn]: z.exactOptional(
    z.strictObject({
      startDate: text,
      endDate: text,
      dn: text,
      custom: z.exactOptional(
        z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
      ),
    }),
  ),
})

const input = z.object({
  id: z.uuid().default('00000000-0000-0000-0000-000000000000'),
  active: z.boolean().default(true),
  attributes,
  sources: z.exactOptional(z.array(z.string())),
  records: z.array(z.object({ source: z.string() })).default([]),
  /** For numbers without a country code. */
  country: z.string().nullable().default(null),
})

/** Somebody who need not exist, to ask the policies about. */
export interface IdentityInput {
  readonly id: string
  readonly active: boolean
  readonly attributes: Attributes
  readonly sources: readonly string[]
  readonly country: string | null
}

/**
 * Reads a person from a JSON file (`-` is standard input) in the shape of `identities show --json`, of which
 * `attributes` alone is needed. Throws `usage` with every fault and its path.
 */
export async function readIdentityInput(file: string): Promise<IdentityInput> {
  const parsed = input.safeParse(parseJson(await readText(file), file))
  if (!parsed.success)
    throw new MusterError('usage', `${file} is no identity.\n${z.prettifyError(parsed.error)}`)
  const { id, active, country, records, sources } = parsed.data
  const named = sources ?? records.map(({ source }) => source)
  return { id, active, attributes: parsed.data.attributes, sources: [...new Set(named)].sort(), country }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new MusterError('usage', `The file ${file} cannot be read${code}.`, { cause })
  }
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new MusterError('usage', `${file} is not JSON.`, { cause })
  }
}
