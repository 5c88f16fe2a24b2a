import type { Factor } from './factor.ts'

/** One reason why a right is granted. A policy's origin has `policy`; a person's has `by` and may have `until`. */
export interface RightOrigin {
  readonly kind: 'policy' | 'manual'
  readonly policy: string | null
  readonly by: string | null
  readonly since: string
  readonly until: string | null
  readonly reason: string | null
  /** Null: every client. */
  readonly clients: readonly string[] | null
}

/** One reason why a right is denied. */
export interface RightDenial {
  readonly kind: 'policy' | 'manual'
  readonly policy: string | null
  readonly by: string | null
  readonly since: string
  readonly reason: string | null
  readonly overridable: boolean
}

/** "May enroll for and use this factor", with every reason for and against. */
export interface Right {
  readonly factor: Factor
  readonly origins: readonly RightOrigin[]
  readonly denials: readonly RightDenial[]
  /** Derived (architecture rule 1) and stored: what challenges ask. */
  readonly effective: boolean
  /** Derived: null = every client. */
  readonly clients: readonly string[] | null
}
