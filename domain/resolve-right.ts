import { earliest, isAfter } from './instant.ts'
import type { Right, RightDenial, RightOrigin } from './right.ts'

/** What origins and denials come to. `clients` is empty where nothing grants, null where no client is left out. */
export type RightResolution = Pick<Right, 'effective' | 'clients'>

/**
 * Architecture rule 1. A person's denial beats a policy's denial, which beats a person's grant, which beats a
 * policy's grant; a policy's denial that is `overridable` beats a policy's grant only. Clients are those of every
 * grant that is not beaten. Effective only while the identity is active; `clients` is told even while it is not.
 */
export function resolveRight(
  origins: readonly RightOrigin[],
  denials: readonly RightDenial[],
  { active, now }: { readonly active: boolean; readonly now: string },
): RightResolution {
  const clients = uniteClients(standingGrants(origins, denials, now).map((origin) => origin.clients))
  return { effective: active && (clients === null || clients.length > 0), clients }
}

/** When a grant ends next (RFC 3339, UTC), or null. */
export function nextRightChange(origins: readonly RightOrigin[], now: string): string | null {
  return earliest(
    origins
      .filter((origin) => origin.until !== null && isAfter(origin.until, now))
      .map((origin) => origin.until),
  )
}

/** A grant has ended from its `until` on. */
export function hasEnded(origin: RightOrigin, now: string): boolean {
  return origin.until !== null && !isAfter(origin.until, now)
}

/** The clients of any of the lists, sorted; null (every client) takes in all. */
export function uniteClients(lists: readonly (readonly string[] | null)[]): readonly string[] | null {
  const all = new Set<string>()
  for (const list of lists) {
    if (list === null) return null
    for (const client of list) all.add(client)
  }
  return [...all].sort()
}

function standingGrants(
  origins: readonly RightOrigin[],
  denials: readonly RightDenial[],
  now: string,
): readonly RightOrigin[] {
  if (denials.some((denial) => denial.kind === 'manual' || !denial.overridable)) return []
  const grants = origins.filter((origin) => !hasEnded(origin, now))
  return denials.length === 0 ? grants : grants.filter((grant) => grant.kind === 'manual')
}
