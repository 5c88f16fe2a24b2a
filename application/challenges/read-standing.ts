import { validate as isUuid, NIL as noIdentity } from 'uuid'
import type { Standing } from '../../domain/challenge-choice.ts'
import { foldKey } from '../../domain/fold-key.ts'
import type { Database, Transaction } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import type { LockedIdentity } from '../../store/write/challenge-standing.ts'
import type { IdentityName } from './challenge-world.ts'

/** Who a name means: one identity (by its id: if it exists), nobody, or several. */
export type NamedIdentity =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'none' | 'several' }

/** An identity's standing, with what a challenge must know beside it. */
export interface KnownStanding {
  /** False: there is no such identity. */
  readonly exists: boolean
  readonly standing: Standing
  readonly locale: string | null
  /** Challenges of the last day whose code never arrived, by enrollment. */
  readonly undelivered: Readonly<Record<string, number>>
}

/** Finds the identity that a client names. An id is taken at its word: whoever reads the standing finds out. */
export async function resolveIdentity(store: Store, name: IdentityName): Promise<NamedIdentity> {
  if ('id' in name) return isUuid(name.id) ? { kind: 'one', id: name.id } : { kind: 'none' }
  const asked =
    'userName' in name
      ? { userNameKey: foldKey(name.userName), source: null, externalId: null }
      : { userNameKey: null, source: name.source, externalId: name.externalId }
  const [first, second] = await store.standing.findNamed(store.database, asked)
  if (first === undefined) return { kind: 'none' }
  return second === undefined ? { kind: 'one', id: first } : { kind: 'several' }
}

/**
 * Locks an identity and reads where it stands. For a name that means nobody (null) it asks the same of an identity
 * that cannot be, so that nothing can be told from the time it takes (architecture rule 14).
 */
export async function lockStanding(
  trx: Transaction,
  store: Store,
  identityId: string | null,
): Promise<KnownStanding> {
  const id = identityId ?? noIdentity
  return assembleStanding(trx, store, id, await store.standing.lockIdentity(trx, id))
}

/** The same without a lock, for answers that change nothing. */
export async function readStanding(store: Store, identityId: string | null): Promise<KnownStanding> {
  const id = identityId ?? noIdentity
  return assembleStanding(store.database, store, id, await store.standing.readIdentity(store.database, id))
}

async function assembleStanding(
  database: Database,
  store: Store,
  id: string,
  identity: LockedIdentity | null,
): Promise<KnownStanding> {
  const rights = await store.rights.readRights(database, [id])
  const enrollments = await store.enrollments.readEnrollments(database, [id])
  return {
    exists: identity !== null,
    standing: {
      active: identity?.active ?? false,
      rights,
      enrollments,
      lockedUntil: identity?.lockedUntil?.toISOString() ?? null,
    },
    locale: identity?.locale ?? null,
    undelivered: identity?.undelivered ?? {},
  }
}
