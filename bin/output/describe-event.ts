import type { AuditEventView } from '../../domain/audit-view.ts'

/** One audit event on one line: when, what, who, on whom, what it did and why. */
export function describeEvent(event: AuditEventView): string {
  return [
    event.at,
    event.action,
    `by ${event.actor.kind} ${shortenDigest(event.actor.id)}`,
    event.identity === null ? '' : `on ${event.identity}`,
    event.run === null ? '' : `in run ${event.run}`,
    countEffects(event.effects),
    describeDetail(event.detail),
    event.reason === null ? '' : `because: ${event.reason}`,
  ]
    .filter((part) => part !== '')
    .join('  ')
}

/** `grant-right enroll×2`: what happened, how often. */
function countEffects(effects: AuditEventView['effects']): string {
  const counts = new Map<string, number>()
  for (const effect of effects) {
    if (typeof effect !== 'object' || effect === null || !('op' in effect)) continue
    const op = String(effect.op)
    counts.set(op, (counts.get(op) ?? 0) + 1)
  }
  return [...counts].map(([op, count]) => (count === 1 ? op : `${op}×${count}`)).join(' ')
}

/** What is told beside effects, as `name=value`; whole rows are for `--json`. */
function describeDetail(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return ''
  return Object.entries(detail)
    .filter(([, value]) => value !== null && typeof value !== 'object')
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}

/** The first digits of a policy set's digest are enough for the eye; `--json` has them all. */
function shortenDigest(id: string): string {
  return id.startsWith('sha256:') ? id.slice(0, 'sha256:'.length + 12) : id
}
