import type { Actor } from '../../domain/actor.ts'
import type { AuditAction, AuditEvent } from '../../store/write/audit-events.ts'

/** What a connection did to one resource: the record's id and the names of attributes, and no value of any. */
export interface ResourceChange {
  readonly at: Date
  readonly action: Extract<AuditAction, `scim-${string}`>
  readonly actor: Actor
  readonly source: string
  readonly id: string
  readonly identityId: string | null
  readonly attributes: readonly string[]
  readonly counts?: Readonly<Record<string, number>>
}

export function scimEvent(change: ResourceChange): AuditEvent {
  const { at, action, actor, identityId, source, id, attributes, counts } = change
  return {
    at,
    action,
    actor,
    identityId,
    runId: null,
    policySet: null,
    effects: null,
    reason: null,
    detail: { source, record: id, attributes, ...counts },
  }
}
