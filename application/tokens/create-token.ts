import type { Actor } from '../../domain/actor.ts'
import type { Clock } from '../../domain/clock.ts'
import { MusterError } from '../../domain/error.ts'
import type { Scope } from '../../domain/token.ts'
import type { Store } from '../../store/store.ts'
import { hashToken } from './hash-token.ts'

/** What making a token needs of the world. */
export interface TokenWorld {
  readonly store: Store
  readonly clock: Clock
  readonly newId: () => string
  readonly randomBytes: (size: number) => Buffer
}

/** What an operator asks for. */
export interface TokenRequest {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** RFC 3339; null: until it is revoked. */
  readonly expiresAt: string | null
  readonly actor: Actor
}

/** A token that was just made: the only time that it is shown. */
export interface CreatedToken {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: string | null
  readonly token: string
}

/**
 * Makes a bearer token (RFC 6750) of 256 random bits and keeps its hash. A token speaks for one client at most, so
 * that what it creates has one owner; one that pushes for a source does nothing else. Throws `usage`.
 */
export async function createToken(world: TokenWorld, request: TokenRequest): Promise<CreatedToken> {
  const { store, newId, randomBytes } = world
  const { name, scopes, expiresAt, actor } = request
  const now = world.clock()
  if (scopes.length === 0) throw new MusterError('usage', 'A token needs at least one scope.')
  if (scopes.filter((scope) => scope.startsWith('challenge:')).length > 1)
    throw new MusterError('usage', 'A token speaks for one client: give it one challenge:CLIENT scope.')
  if (scopes.length > 1 && scopes.some((scope) => scope.startsWith('scim:')))
    throw new MusterError(
      'usage',
      'A token that pushes speaks for one source: scim:SOURCE is its only scope.',
    )
  if (expiresAt !== null && Date.parse(expiresAt) <= now.getTime())
    throw new MusterError('usage', 'The end of a token must lie in the future.')
  const id = newId()
  const token = `muster_${randomBytes(32).toString('base64url')}`
  await store.transaction(async (trx) => {
    await store.tokens.insertToken(trx, {
      id,
      name,
      scopes,
      hash: hashToken(token),
      createdAt: now,
      createdBy: `${actor.kind}:${actor.id}`,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    })
    const detail = { token: id, name, scopes, expiresAt }
    const event = { at: now, action: 'token-created', actor, ...nobody, reason: null, detail } as const
    await store.audit.insertAuditEvents(trx, [event])
  })
  return { id, name, scopes, expiresAt, token }
}

/** Ends a token at once and for good. Throws `not-found` where there is none that still counts. */
export async function revokeToken(
  { store, clock }: Pick<TokenWorld, 'store' | 'clock'>,
  request: { readonly id: string; readonly actor: Actor; readonly reason: string | null },
): Promise<void> {
  const { id, actor, reason } = request
  const at = clock()
  await store.transaction(async (trx) => {
    if (!(await store.tokens.revokeToken(trx, id, at)))
      throw new MusterError('not-found', 'There is no token of this id that could be revoked.')
    const event = { at, action: 'token-revoked', actor, ...nobody, reason, detail: { token: id } } as const
    await store.audit.insertAuditEvents(trx, [event])
  })
}

const nobody = { identityId: null, runId: null, policySet: null, effects: null } as const
