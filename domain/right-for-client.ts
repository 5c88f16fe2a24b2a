import type { Factor } from './factor.ts'
import { resolveRight } from './resolve-right.ts'
import type { Right } from './right.ts'

/**
 * Whether a right is effective now for a client. Resolved anew: a grant may have ended since its row was written, and
 * a right may be limited to other clients.
 */
export function hasRightFor(
  rights: readonly Right[],
  asked: { readonly factor: Factor; readonly client: string; readonly active: boolean; readonly now: string },
): boolean {
  const right = rights.find(({ factor }) => factor === asked.factor)
  if (right === undefined || !right.effective) return false
  const { effective, clients } = resolveRight(right.origins, right.denials, asked)
  return effective && (clients === null || clients.includes(asked.client))
}
