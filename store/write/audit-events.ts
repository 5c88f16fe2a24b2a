import { v7 as newId } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import type { Effect } from '../../domain/effect.ts'
import { keptOf, writeEffects } from '../audited-effects.ts'
import { copyRows } from '../copy-rows.ts'
import type { CopyTable } from '../copy-text.ts'
import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

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
  | 'scim-user-created'
  | 'scim-user-changed'
  | 'scim-user-deleted'
  | 'scim-group-created'
  | 'scim-group-changed'
  | 'scim-group-deleted'
  | 'identity-shut-off'
  | 'audit-events-removed'
  | 'installation-restored'

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

const columns = [
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
] as const

/** New events. */
export const auditEventRows: CopyTable<AuditEvent> = {
  table: 'audit_events',
  columns,
  texts: {
    id: 'ours',
    action: 'ours',
    actor_kind: 'ours',
    identity_id: 'ours',
    run_id: 'ours',
    policy_set: 'ours',
    effects: 'json',
  },
  valuesOf: rowOf,
}

/** Up to here a plain insert is quicker than COPY, which takes two more round trips. */
const fewEvents = 3

export async function insertAuditEvents(trx: Transaction, events: readonly AuditEvent[]): Promise<void> {
  if (events.length > fewEvents) return copyRows(trx, auditEventRows, events)
  for (const row of events.map(rowOf)) {
    await runPrepared(
      trx,
      'insert-audit-event',
      `insert into audit_events (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
      row.map((value) => (isJson(value) ? JSON.stringify(value) : value)),
    )
  }
}

/** The same rows as JSON, for SQL functions that add them beside what they audit. */
export function auditEventsAsJson(events: readonly AuditEvent[]): string {
  return JSON.stringify(
    events.map(({ at, action, actor, identityId, runId, policySet, effects, reason, detail }) => ({
      id: newId(),
      at,
      action,
      actor_kind: actor.kind,
      actor_id: actor.id,
      identity_id: identityId,
      run_id: runId,
      policy_set: policySet,
      effects: effects?.map((effect) => keptOf(effect, at.toISOString())) ?? null,
      reason,
      detail,
    })),
  )
}

function rowOf(event: AuditEvent): readonly (string | Date | object | null)[] {
  return [
    newId(),
    event.at,
    event.action,
    event.actor.kind,
    event.actor.id,
    event.identityId,
    event.runId,
    event.policySet,
    event.effects === null ? null : writeEffects(event.effects, event.at.toISOString()),
    event.reason,
    event.detail,
  ]
}

function isJson(value: string | Date | object | null): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date)
}
