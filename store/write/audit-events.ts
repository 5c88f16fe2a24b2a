import { v7 as newId } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import type { Effect } from '../../domain/effect.ts'
import { type CopyValue, copyRows } from '../copy-rows.ts'
import type { Transaction } from '../database.ts'

/** Every action that is audited. A closed list: reports and alerts are written against it. */
export type AuditAction =
  | 'plan-applied'
  | 'run-ended'
  | 'run-decided'
  | 'policy-set-loaded'
  | 'right-set'
  | 'enrollment-changed'
  | 'correlation-overridden'
  | 'addresses-revealed'
  | 'challenge-created'
  | 'challenge-passed'
  | 'challenge-failed'
  | 'challenge-cancelled'
  | 'enrollment-locked'
  | 'breaker-opened'
  | 'breaker-closed'
  | 'test-message-sent'
  | 'token-created'
  | 'token-revoked'

/** Who did what, on whom, why. Append-only. */
export interface AuditEvent {
  readonly at: Date
  readonly action: AuditAction
  readonly actor: Actor
  readonly identityId: string | null
  readonly runId: string | null
  readonly policySet: string | null
  readonly effects: readonly Effect[] | null
  readonly reason: string | null
  readonly detail: Readonly<Record<string, unknown>> | null
}

export async function insertAuditEvents(trx: Transaction, events: readonly AuditEvent[]): Promise<void> {
  await copyRows(
    trx,
    'audit_events',
    [
      'id',
      'at',
      'action',
      'actor_kind',
      'actor_id',
      'identity_id',
      'run_id',
      'policy_set',
      'effects',
      'reason',
      'detail',
    ],
    events.map((event): readonly CopyValue[] => [
      newId(),
      event.at,
      event.action,
      event.actor.kind,
      event.actor.id,
      event.identityId,
      event.runId,
      event.policySet,
      event.effects === null ? null : event.effects.map(effectForAudit),
      event.reason,
      event.detail,
    ]),
  )
}

/** What an undo needs: the operation, what it touched, and what stood before it. */
function effectForAudit(effect: Effect): object {
  const { op, because, before, after } = effect
  const row = after ?? before
  return {
    op,
    factor: row?.factor ?? null,
    enrollment: row !== null && row !== undefined && 'id' in row ? row.id : null,
    because,
    before,
    after,
  }
}
