import { coreTextNames, enterpriseTextNames, nameParts } from '../domain/attributes.ts'

/** Where a canonical name, as mappings write it, leads in the attributes of a row. */
export interface AttributeTarget {
  readonly place: 'core' | 'name' | 'enterprise' | 'muster' | 'custom'
  readonly key: string
  readonly kind: 'text' | 'date' | 'reference' | 'values' | 'custom'
}

const multiValued = ['emails', 'phoneNumbers', 'roles', 'entitlements']

const listed: readonly (readonly [string, AttributeTarget['place'], AttributeTarget['kind'], string])[] = [
  ...coreTextNames.map((key) => [key, 'core', 'text', key] as const),
  ...multiValued.map((key) => [key, 'core', 'values', key] as const),
  ...nameParts.map((key) => [`name.${key}`, 'name', 'text', key] as const),
  ...enterpriseTextNames.map((key) => [key, 'enterprise', 'text', key] as const),
  ['manager', 'enterprise', 'reference', 'manager'],
  ['startDate', 'muster', 'date', 'startDate'],
  ['endDate', 'muster', 'date', 'endDate'],
  ['dn', 'muster', 'text', 'dn'],
]
const targets: ReadonlyMap<string, AttributeTarget> = new Map(
  listed.map(([canonicalName, place, kind, key]) => [canonicalName, { place, kind, key }]),
)

/** Every canonical name that a mapping may use, but for `custom.*`. */
export const mappableNames: readonly string[] = [...targets.keys()]

/** The target of a canonical name, or null for a name that does not exist. */
export function findTarget(canonicalName: string): AttributeTarget | null {
  const custom = /^custom\.(.+)$/.exec(canonicalName)?.[1]
  if (custom !== undefined) return { place: 'custom', key: custom, kind: 'custom' }
  return targets.get(canonicalName) ?? null
}
