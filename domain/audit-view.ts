import type { Actor } from './actor.ts'

/** One audit event as it is read: who, what, on whom, why, when. Addresses in it are masked. */
export interface AuditEventView {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly actor: Actor
  readonly identity: string | null
  readonly run: string | null
  readonly policySet: string | null
  readonly effects: readonly unknown[]
  readonly reason: string | null
  readonly detail: unknown
}
