import type { Enrollment } from './enrollment.ts'

/**
 * What is left of an enrollment whose place a proven address takes. A person who changed the address gave the old one
 * up: it stays as a tombstone, which no policy brings back. Where policies alone changed it, the old row loses the
 * origins that the new one has, and goes (null) with the last; what others put there stays.
 */
export function replaceEnrollment(
  old: Enrollment,
  successor: Enrollment,
  { identityId, now }: { readonly identityId: string; readonly now: string },
): Enrollment | null {
  if (old.removed !== null) return old
  if (successor.origins.some(({ kind }) => kind !== 'policy')) {
    const removed = { by: 'self', id: identityId, at: now } as const
    // Else adding the address again would undo what an administrator said.
    const disabled = old.disabled?.by === 'admin' ? old.disabled : null
    return { ...old, origins: [], removed, disabled, unwantedSince: null, replaces: null }
  }
  const taken = new Set(successor.origins.map(({ policy }) => policy))
  const origins = old.origins.filter(({ kind, policy }) => kind !== 'policy' || !taken.has(policy))
  if (origins.length > 0) return { ...old, origins }
  // What a person disabled is kept, so that the address cannot come back as a new one.
  return old.disabled === null ? null : { ...old, origins, unwantedSince: old.unwantedSince ?? now }
}
