import { createHash } from 'node:crypto'
import type { AuditSeal } from '../../domain/audit-seal.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'

/** Part of every hash, so that it is no hash of anything else. */
const version = 'muster-audit-1'

/** SHA-256 in hexadecimal digits over everything a seal says but `hash` itself, as canonical JSON. */
export function hashSeal({ hash: _, ...said }: Omit<AuditSeal, 'hash'> & { readonly hash?: string }): string {
  return createHash('sha256')
    .update(canonicalJson({ version, ...withTimesAsTexts(said) }))
    .digest('hex')
}

/** Of a summary, whose `hash` is its last batch's: SHA-256 over all that it says. */
export function hashSummary(summary: AuditSeal): string {
  return createHash('sha256')
    .update(canonicalJson({ version, ...withTimesAsTexts(summary) }))
    .digest('hex')
}

function withTimesAsTexts({ oldest, newest, sealedAt, ...said }: Omit<AuditSeal, 'hash'>): object {
  return {
    ...said,
    oldest: oldest.toISOString(),
    newest: newest.toISOString(),
    sealedAt: sealedAt.toISOString(),
  }
}
