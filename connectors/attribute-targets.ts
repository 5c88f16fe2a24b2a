/** Where a canonical name, as mappings write it, leads in the attributes of a row. */
export interface AttributeTarget {
  readonly place: 'core' | 'name' | 'enterprise' | 'muster' | 'custom'
  readonly key: string
  readonly kind: 'text' | 'date' | 'reference' | 'values' | 'custom'
}

const core = [
  'userName',
  'displayName',
  'nickName',
  'profileUrl',
  'title',
  'userType',
  'preferredLanguage',
  'locale',
  'timezone',
]
const multiValued = ['emails', 'phoneNumbers', 'roles', 'entitlements']
const name = ['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix']
const enterprise = ['employeeNumber', 'costCenter', 'organization', 'division', 'department']

const targets: ReadonlyMap<string, AttributeTarget> = new Map<string, AttributeTarget>([
  ...core.map((key) => [key, { place: 'core', key, kind: 'text' }]),
  ...multiValued.map((key) => [key, { place: 'core', key, kind: 'values' }]),
  ...name.map((key) => [`name.${key}`, { place: 'name', key, kind: 'text' }]),
  ...enterprise.map((key) => [key, { place: 'enterprise', key, kind: 'text' }]),
  ['manager', { place: 'enterprise', key: 'manager', kind: 'reference' }],
  ['startDate', { place: 'muster', key: 'startDate', kind: 'date' }],
  ['endDate', { place: 'muster', key: 'endDate', kind: 'date' }],
  ['dn', { place: 'muster', key: 'dn', kind: 'text' }],
])

/** Every canonical name that a mapping may use, but for `custom.*`. */
export const mappableNames: readonly string[] = [...targets.keys()]

/** The target of a canonical name, or null for a name that does not exist. */
export function findTarget(canonicalName: string): AttributeTarget | null {
  const custom = /^custom\.(.+)$/.exec(canonicalName)?.[1]
  if (custom !== undefined) return { place: 'custom', key: custom, kind: 'custom' }
  return targets.get(canonicalName) ?? null
}
