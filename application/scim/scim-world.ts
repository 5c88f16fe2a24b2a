import type { CustomAttributes } from '../../domain/attributes.ts'
import type { MergeWorld } from '../merge-rows.ts'

/** What the use cases of SCIM stand on. */
export interface ScimWorld extends MergeWorld {
  /** Declared `custom.*` attributes: they shape the extension schema of our own. */
  readonly customAttributes: CustomAttributes
  readonly limits: ScimLimits
  /** Says that something is due now. Called after the commit; a lost call is found by the sweep. */
  nudge(): void
}

/** What one request may ask for at most; more is refused with 413. */
export interface ScimLimits {
  /** Operations in one PATCH. */
  readonly patchOperations: number
  /** Members in one request on a group. */
  readonly members: number
}

/** A source of type `scim`: what its configuration says of the people that it pushes. */
export interface Connection {
  readonly source: string
  /** The interoperability profile to the letter, instead of what Entra and Okta send. */
  readonly strict: boolean
  /** Of numbers without a country code (ISO 3166-1 alpha-2), or null. */
  readonly country: string | null
  readonly trust: {
    readonly emails: 'asserted' | 'claimed'
    readonly phoneNumbers: 'asserted' | 'claimed'
  }
  /** Whether it may switch a person off (architecture rule 6). */
  readonly decides: boolean
}

/** A precondition of RFC 7644 section 3.14: the version asked for, `*` for any, null for none. */
export interface Precondition {
  readonly ifMatch: number | '*' | null
}
