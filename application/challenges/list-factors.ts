import type { ChallengeAction, ChallengeChoice, NotAvailableReason } from '../../domain/challenge.ts'
import { alternativesTo, chooseEnrollments, remediesFor } from '../../domain/challenge-choice.ts'
import { maskApart } from '../../domain/challenge-masks.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import { type ChallengeWorld, findClient, type IdentityName } from './challenge-world.ts'
import { readStanding, resolveIdentity } from './read-standing.ts'
import { refuseName } from './refuse-challenge.ts'
import { wishOf } from './view-challenge.ts'

/** What an identity can use of a factor, for one client. */
export interface FactorView {
  readonly factor: Factor
  /** Masked, last used first. */
  readonly choices: readonly ChallengeChoice[]
  /** Why there is no choice, and what can be done; for trusted clients only. */
  readonly reason: NotAvailableReason | null
  readonly actions: readonly ChallengeAction[]
}

/**
 * The factors that a challenge could be made with. A client that is not trusted sees the usable ones alone, and for
 * an unknown identity the same empty list as for one without any; others see the reasons too, and `not-found` or
 * `ambiguous-identity`.
 */
export async function listFactors(
  world: ChallengeWorld,
  request: { readonly client: string; readonly identity: IdentityName },
): Promise<readonly FactorView[]> {
  const client = findClient(world, request.client)
  const named = await resolveIdentity(world.store, request.identity)
  const { exists, standing } = await readStanding(world.store, named.kind === 'one' ? named.id : null)
  if (!exists && client.trusted) throw refuseName(named.kind === 'several' ? 'several' : 'none', client)
  return factors.flatMap((factor): readonly FactorView[] => {
    const wish = wishOf(world, client, { purpose: 'authentication', factor, enrollmentId: null })
    const choice = chooseEnrollments(standing, wish)
    if (choice.enrollments === null) {
      const actions = [...remediesFor(choice, wish), ...alternativesTo(standing, wish)]
      return client.trusted ? [{ factor, choices: [], reason: choice.reason, actions }] : []
    }
    const masks = maskApart(
      factor,
      choice.enrollments.map(({ address }) => address),
    )
    const choices = choice.enrollments.map(({ id }, at) => ({ enrollmentId: id, masked: masks[at] ?? '' }))
    return [{ factor, choices, reason: null, actions: [] }]
  })
}
