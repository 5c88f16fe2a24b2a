import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import { createChallenge } from '../../application/challenges/create-challenge.ts'
import { verifyCode } from '../../application/challenges/verify-code.ts'
import { startTypedTally } from '../../application/limits/typed-tally.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import { defaultLimits, type LimitSettings } from '../../domain/limit-settings.ts'
import { openTestChallenges, smsChallenge, type TestChallenges } from '../support/challenge-world.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let base: TestDatabase
let challenges: TestChallenges
beforeAll(async () => {
  base = await createTestDatabase()
  challenges = openTestChallenges(base.database)
})
afterAll(() => base.close())

const under = (limits: Partial<LimitSettings>, clock = challenges.world.clock): ChallengeWorld => ({
  ...challenges.world,
  limits: { ...challenges.world.limits, ...limits },
  clock,
})
const number = (digits: string) => [{ factor: 'otp-sms', address: digits, key: digits }] as const

async function refusal(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
    return null
  } catch (error) {
    if (error instanceof ChallengeFault) return { code: error.code, ...error.facts }
    throw error
  }
}

async function signIn(world: ChallengeWorld, identityId: string): Promise<void> {
  const { id } = await createChallenge(world, smsChallenge(identityId))
  const tally = startTypedTally(world.store, { onError: (error) => Promise.reject(error) })
  const counting = { ...world, noteTyped: tally.note }
  await verifyCode(counting, { client: 'portal', challengeId: id, code: await challenges.codeOf(id) })
  await tally.close()
}

describe('signing in', () => {
  test('with the right code takes nothing of what the address may be sent', async () => {
    const world = under({ destinationHour: defaultLimits.destinationHour })
    const person = await challenges.person(number('+4915111110001'))
    for (let at = 0; at < 12; at += 1) await signIn(world, person.id)
    for (let at = 0; at < 5; at += 1) await createChallenge(world, smsChallenge(person.id))
    expect(await refusal(createChallenge(world, smsChallenge(person.id)))).toMatchObject({
      code: 'too-many-requests',
      retryAfter: 720,
    })
  })

  test('with the code of a probe closes the breaker of its prefix, and says so', async () => {
    let now = Date.now()
    const breaker = { ...defaultLimits.breaker, settle: 0, sends: 4 }
    const world = under({ breaker }, () => new Date(now))
    const people = await Promise.all(
      Array.from({ length: 6 }, (_, index) => challenges.person(number(`+491522222000${index}`))),
    )
    const [first, second, third, fourth, fifth, sixth] = people.map(({ id }) => id)
    for (const id of [first, second, third, fourth]) await createChallenge(world, smsChallenge(id ?? ''))
    expect(await refusal(createChallenge(world, smsChallenge(fifth ?? '')))).toMatchObject({
      code: 'too-many-requests',
      retryAfter: 1800,
    })
    now += breaker.probeAfter
    await signIn(world, fifth ?? '')
    expect(await refusal(createChallenge(world, smsChallenge(sixth ?? '')))).toBeNull()
    const events = await base.database('audit_events').whereLike('action', 'breaker%').orderBy('id')
    expect(events.map(({ action }) => action)).toEqual(['breaker-opened', 'breaker-closed'])
    expect(await base.database('breakers')).toEqual([])
  })
})
