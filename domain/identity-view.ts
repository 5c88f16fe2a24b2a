import type { AddressAttribute, UnusableReason } from './address.ts'
import type { Attributes } from './attributes.ts'
import type { EnrollmentStatus, LastUse, Proof } from './enrollment.ts'
import type { Factor } from './factor.ts'
import type { Right } from './right.ts'

/** The shapes in which people and programs read identities (interfaces page, section 2). */
export interface IdentityView {
  readonly id: string
  readonly userName: string | null
  readonly active: boolean
  readonly attributes: Attributes
  readonly records: readonly RecordView[]
  readonly rights: readonly Right[]
  readonly enrollments: readonly EnrollmentView[]
  readonly unusable: readonly UnusableView[]
  readonly reviewAt: string | null
}

export interface RecordView {
  readonly source: string
  readonly externalId: string
  /** When the source last said that the record is there; null once a proved read missed it. */
  readonly seenAt: string | null
  readonly missingSince: string | null
}

export interface EnrollmentOriginView {
  readonly kind: 'policy' | 'self' | 'admin'
  readonly policy: string | null
  readonly source: string | null
  readonly attribute: AddressAttribute | null
  readonly since: string
}

export interface EnrollmentView {
  readonly id: string
  readonly factor: Factor
  /** Masked unless it was revealed (architecture rule 13). */
  readonly address: string
  readonly usable: boolean
  readonly status: EnrollmentStatus
  readonly statusReason: string | null
  readonly statusBy: string | null
  readonly statusSince: string
  readonly origins: readonly EnrollmentOriginView[]
  readonly proof: Proof
  readonly enrolledAt: string
  readonly addressChangedAt: string | null
  readonly lastUsed: LastUse | null
}

/** An enrollment in a list of many people's: with whose it is. */
export interface ListedEnrollment extends EnrollmentView {
  readonly identity: { readonly id: string; readonly userName: string | null }
}

export interface UnusableView {
  readonly factor: Factor
  readonly attribute: AddressAttribute
  readonly source: string
  /** Masked unless it was revealed. */
  readonly value: string
  readonly reason: UnusableReason
}
