import type { Transaction } from '../../store/database.ts'
import type { AuditAction, AuditEvent } from '../../store/write/audit-events.ts'
import type { ChallengeWorld } from './challenge-world.ts'

/** What an audit event says of a challenge: ids and the factor, never an address or a code. */
export interface RecordedChallenge {
  readonly id: string
  readonly client: string
  readonly identityId: string
  readonly enrollmentId: string | null
  readonly purpose: string
  readonly factor: string
  readonly context: { readonly ip: string | null }
}

type ChallengeAction = Extract<AuditAction, `challenge-${string}` | 'enrollment-locked'>

/** The audit event of what became of a challenge. */
export function challengeEvent(
  { clock }: Pick<ChallengeWorld, 'clock'>,
  action: ChallengeAction,
  challenge: RecordedChallenge,
  reason: string | null = null,
): AuditEvent {
  const { id, client, identityId, enrollmentId, purpose, factor, context } = challenge
  return {
    at: clock(),
    action,
    actor: { kind: 'client', id: client },
    identityId,
    runId: null,
    policySet: null,
    effects: null,
    reason,
    detail: { challenge: id, purpose, factor, enrollment: enrollmentId, ip: context.ip },
  }
}

/** Writes the audit event of what became of a challenge, in the transaction of that. */
export async function recordChallenge(
  trx: Transaction,
  world: Pick<ChallengeWorld, 'store' | 'clock'>,
  action: ChallengeAction,
  challenge: RecordedChallenge,
  reason: string | null = null,
): Promise<void> {
  await world.store.audit.insertAuditEvents(trx, [challengeEvent(world, action, challenge, reason)])
}
