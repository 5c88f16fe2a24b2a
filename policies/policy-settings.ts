import type { CustomAttributes } from '../domain/attributes.ts'

/** The part of the configuration that changes decisions, and so belongs to a policy set's digest. */
export interface PolicySettings {
  /** IANA name: what a day is. */
  readonly timeZone: string
  readonly customAttributes: CustomAttributes
  /** Sources whose group names policies see as `groups`; null where only one source brings groups. */
  readonly groupsFrom: readonly string[] | null
}
