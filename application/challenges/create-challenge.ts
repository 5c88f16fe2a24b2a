import { createHash } from 'node:crypto'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { ChallengeView, ClientSettings } from '../../domain/challenge.ts'
import { chooseEnrollments } from '../../domain/challenge-choice.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import { maskApart } from '../../domain/challenge-masks.ts'
import type { Enrollment } from '../../domain/enrollment.ts'
import { MusterError } from '../../domain/error.ts'
import type { Transaction } from '../../store/database.ts'
import type { FreshChallenge } from '../../store/write/challenges.ts'
import type { NewChallenge } from './challenge-request.ts'
import { type ChallengeWorld, findClient } from './challenge-world.ts'
import { type KnownStanding, lockStanding, type NamedIdentity, resolveIdentity } from './read-standing.ts'
import { recordChallenge } from './record-challenge.ts'
import { noSuchChallenge, refuseChoice, refuseName } from './refuse-challenge.ts'
import { channelOf, sendCode, targetOf } from './send-code.ts'
import { namedAlternatives, viewChallenge, wishOf } from './view-challenge.ts'

interface Created {
  readonly view: ChallengeView
  readonly deliveryId: string | null
}

/**
 * Begins a challenge: the code goes out at once where one enrollment can be used, and the challenge waits for the
 * person's choice where several can. Faults: `usage` (a client that must state `context.ip` did not),
 * `not-available` for clients that are not trusted and, for those that are, the reason itself (`no-right`,
 * `not-enrolled`, `not-proven`, `disabled`, `locked`, `undeliverable`, `right-missing`, `not-found`,
 * `ambiguous-identity`); `too-many-requests` with `retryAfter`; `idempotency-conflict`. A refusal leaves nothing.
 */
export async function createChallenge(world: ChallengeWorld, request: NewChallenge): Promise<ChallengeView> {
  const client = findClient(world, request.client)
  if (request.purpose === 'authentication' && request.context.ip === null && !client.contextless) {
    throw new MusterError('usage', 'context.ip must say whose address the request came from.')
  }
  const named = await resolveIdentity(world.store, request.identity)
  const { view, deliveryId } = await world.store.transaction((trx) =>
    createOnce(trx, world, client, request, named),
  )
  if (deliveryId !== null) world.wake(deliveryId)
  return view
}

/** The same idempotency key and request answer the challenge that stands. */
async function createOnce(
  trx: Transaction,
  world: ChallengeWorld,
  client: ClientSettings,
  request: NewChallenge,
  named: NamedIdentity,
): Promise<Created> {
  const { store } = world
  const challengeId = world.newId()
  const { idempotencyKey, ...asked } = request
  if (idempotencyKey !== null) {
    const requestHash = createHash('sha256').update(canonicalJson(asked), 'utf8').digest()
    const claim = { client: client.id, key: idempotencyKey, requestHash, challengeId }
    const earlier = await store.challenges.claimKey(trx, claim)
    if (earlier !== null) return repeatCreated(trx, world, client, earlier)
  }
  const identityId = named.kind === 'one' ? named.id : null
  const known = await lockStanding(trx, store, identityId)
  const wish = wishOf(world, client, request)
  const choice = chooseEnrollments(known.standing, wish)
  const refusal = choice.enrollments === null ? refuseChoice(choice, known.standing, wish) : null
  if (named.kind !== 'one' || !known.exists)
    throw refuseName(named.kind === 'several' ? 'several' : 'none', client)
  if (choice.enrollments === null) throw refusal
  const fresh = freshChallenge(world, request, { challengeId, identityId: named.id, locale: known.locale })
  const [first, ...others] = choice.enrollments
  return others.length === 0
    ? createPending(trx, world, client, fresh, first, known)
    : createSelecting(trx, world, client, fresh, choice.enrollments, known)
}

async function repeatCreated(
  trx: Transaction,
  world: ChallengeWorld,
  client: ClientSettings,
  earlier: { readonly challengeId: string; readonly same: boolean },
): Promise<Created> {
  if (!earlier.same)
    throw new ChallengeFault('idempotency-conflict', 'This Idempotency-Key was used for another request.')
  const challenge = await world.store.challenges.readChallenge(trx, earlier.challengeId, client.id)
  if (challenge === null) throw noSuchChallenge()
  return { view: viewChallenge(challenge, []), deliveryId: null }
}

function freshChallenge(
  { settings }: ChallengeWorld,
  { client, purpose, factor, context, actor, locale }: NewChallenge,
  known: { readonly challengeId: string; readonly identityId: string; readonly locale: string | null },
): FreshChallenge {
  const { ip, userAgent, transaction } = context
  return {
    id: known.challengeId,
    client,
    identityId: known.identityId,
    purpose,
    factor,
    digits: settings.digits,
    tries: settings.tries,
    maxSends: settings.sends,
    validFor:
      purpose === 'authentication' ? settings.validity.authentication : settings.validity[channelOf(factor)],
    choices: null,
    transactionHash: transaction === null ? null : createHash('sha256').update(transaction, 'utf8').digest(),
    context: { ip, userAgent },
    actor: actor === null ? null : { kind: actor.kind, id: actor.id },
    locale: locale ?? known.locale,
  }
}

/** What a challenge is before anything happened to it. */
const blank = {
  enrollmentId: null,
  nonce: null,
  keyId: null,
  generation: 1,
  attempts: 0,
  sends: 0,
  resendIn: null,
  address: null,
  deliveryStatus: null,
} as const

async function createPending(
  trx: Transaction,
  world: ChallengeWorld,
  client: ClientSettings,
  fresh: FreshChallenge,
  enrollment: Enrollment,
  known: KnownStanding,
): Promise<Created> {
  const { store } = world
  const left = await store.challenges.supersede(trx, { ...fresh, enrollmentId: enrollment.id })
  const target = targetOf(world, enrollment, left ?? fresh.tries)
  const times = await store.challenges.insertChallenge(trx, fresh, target)
  const { address } = enrollment
  const challenge = { ...blank, ...fresh, ...target, ...times, status: 'pending', sends: 1, address } as const
  await recordChallenge(trx, world, 'challenge-created', challenge)
  const deliveryId = await sendCode(trx, world, client, challenge, enrollment)
  const alternatives = namedAlternatives(known, challenge, wishOf(world, client, challenge))
  return { view: viewChallenge({ ...challenge, deliveryStatus: 'queued' }, alternatives), deliveryId }
}

async function createSelecting(
  trx: Transaction,
  world: ChallengeWorld,
  client: ClientSettings,
  fresh: FreshChallenge,
  enrollments: readonly Enrollment[],
  known: KnownStanding,
): Promise<Created> {
  const { store } = world
  const masks = maskApart(
    fresh.factor,
    enrollments.map(({ address }) => address),
  )
  const choices = enrollments.map(({ id }, at) => ({ enrollmentId: id, masked: masks[at] ?? '' }))
  await store.challenges.supersede(trx, { ...fresh, enrollmentId: null })
  const times = await store.challenges.insertChallenge(trx, { ...fresh, choices }, null)
  const challenge = { ...blank, ...fresh, choices, ...times, status: 'selecting' } as const
  await recordChallenge(trx, world, 'challenge-created', challenge)
  const alternatives = namedAlternatives(known, challenge, wishOf(world, client, challenge))
  return { view: viewChallenge(challenge, alternatives), deliveryId: null }
}
