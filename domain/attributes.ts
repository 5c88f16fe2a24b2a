/**
 * The canonical attributes of an identity: the SCIM core User (RFC 7643 section 4.1), the enterprise extension
 * (section 4.3) and an extension of our own for what SCIM lacks.
 */
export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const musterUrn = 'urn:muster:scim:schemas:extension:2.0:User'

/** One value of a multi-valued attribute (RFC 7643 section 2.4), with the source that says it. */
export interface TypedValue {
  readonly value: string
  readonly type?: string
  readonly primary?: boolean
  /** Set when records are merged into an identity; a record's own values need none. */
  readonly source?: string
  /** `claimed`: people edit it themselves, so an address from it starts pending (architecture rule 4). */
  readonly trust?: 'asserted' | 'claimed'
}

export interface Name {
  readonly formatted?: string
  readonly familyName?: string
  readonly givenName?: string
  readonly middleName?: string
  readonly honorificPrefix?: string
  readonly honorificSuffix?: string
}

export interface EnterpriseAttributes {
  readonly employeeNumber?: string
  readonly costCenter?: string
  readonly organization?: string
  readonly division?: string
  readonly department?: string
  readonly manager?: { readonly value: string }
}

/** A custom attribute's value, by its declared type; a date is `YYYY-MM-DD` or an RFC 3339 time. */
export type CustomValue = string | number | boolean | readonly string[]

export interface MusterAttributes {
  /** `YYYY-MM-DD` or an RFC 3339 time. */
  readonly startDate?: string
  readonly endDate?: string
  readonly dn?: string
  readonly custom?: Readonly<Record<string, CustomValue>>
}

export interface Attributes {
  readonly userName?: string
  readonly displayName?: string
  readonly nickName?: string
  readonly profileUrl?: string
  readonly title?: string
  readonly userType?: string
  readonly preferredLanguage?: string
  readonly locale?: string
  readonly timezone?: string
  readonly name?: Name
  readonly emails?: readonly TypedValue[]
  readonly phoneNumbers?: readonly TypedValue[]
  readonly roles?: readonly TypedValue[]
  readonly entitlements?: readonly TypedValue[]
  /** Names of groups, nested membership resolved; `source` says whose. */
  readonly groups?: readonly TypedValue[]
  readonly [enterpriseUrn]?: EnterpriseAttributes
  readonly [musterUrn]?: MusterAttributes
}

export type AttributeType = 'string' | 'boolean' | 'number' | 'date'

/** A custom attribute as the configuration declares it. */
export interface CustomAttribute {
  readonly type: AttributeType
  readonly multiValued: boolean
}
export type CustomAttributes = Readonly<Record<string, CustomAttribute>>

/** The names of single texts, in their order in RFC 7643: of the core User, of its `name`, of the enterprise extension. */
export const coreTextNames = [
  'userName',
  'displayName',
  'nickName',
  'profileUrl',
  'title',
  'userType',
  'preferredLanguage',
  'locale',
  'timezone',
] as const satisfies readonly (keyof Attributes)[]
export const nameParts = [
  'formatted',
  'familyName',
  'givenName',
  'middleName',
  'honorificPrefix',
  'honorificSuffix',
] as const satisfies readonly (keyof Name)[]
export const enterpriseTextNames = [
  'employeeNumber',
  'costCenter',
  'organization',
  'division',
  'department',
] as const satisfies readonly (keyof EnterpriseAttributes)[]
