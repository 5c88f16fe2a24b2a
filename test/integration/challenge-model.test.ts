import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelChallenge } from '../../application/challenges/cancel-challenge.ts'
import { createChallenge } from '../../application/challenges/create-challenge.ts'
import { readChallenge } from '../../application/challenges/read-challenge.ts'
import { resendCode } from '../../application/challenges/resend-code.ts'
import { verifyCode } from '../../application/challenges/verify-code.ts'
import type { ChallengeStatus } from '../../domain/challenge.ts'
import { enrollmentLock, identityLock } from '../../domain/challenge-tries.ts'
import { MusterError } from '../../domain/error.ts'
import { openTestChallenges, smsChallenge, type TestChallenges } from '../support/challenge-world.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let base: TestDatabase
let service: TestChallenges
beforeAll(async () => {
  base = await createTestDatabase()
  service = openTestChallenges(base.database)
})
afterAll(() => base.close())

/** The rules in a few lines: one address of one person, and the challenges that were made for it, newest last. */
interface Model {
  readonly challenges: { status: ChallengeStatus; attempts: number; tries: number; sends: number }[]
  failures: number
  overIdentity: number
  locked: boolean
}

interface Real {
  readonly person: string
  readonly ids: string[]
}

type Command = fc.AsyncCommand<Model, Real>

const live = (model: Model) => model.challenges.findLast(({ status }) => status === 'pending')
const name = (challengeId: string) => ({ client: 'portal', challengeId })

/** What came of a call: its answer's status, or the fault's code. */
async function outcome(work: Promise<{ readonly status: string } | undefined>): Promise<string> {
  try {
    return (await work)?.status ?? 'done'
  } catch (error) {
    if (error instanceof MusterError) return error.code
    throw error
  }
}

function command(
  words: string,
  run: (model: Model, real: Real) => Promise<void>,
  check = (_: Model) => true,
): Command {
  return {
    check,
    toString: () => words,
    run: async (model, real) => {
      await run(model, real)
      await compare(model, real)
    },
  }
}

/** Every challenge stands as the model says, and only a live one has what a code is derived from. */
async function compare(model: Model, real: Real): Promise<void> {
  const rows = await base.database('challenges').where({ identity_id: real.person }).orderBy('id')
  expect(rows.map(({ status, attempts, tries, sends }) => ({ status, attempts, tries, sends }))).toEqual(
    model.challenges,
  )
  expect(rows.every(({ status, nonce }) => (status === 'pending') === (nonce !== null))).toBe(true)
  const [enrollment] = await base.database('enrollments').where({ identity_id: real.person })
  expect(enrollment.failures).toBe(model.failures)
  expect(enrollment.status === 'locked').toBe(model.locked && enrollment.locked_until !== null)
}

const create = command('create', async (model, real) => {
  const asked = createChallenge(service.world, smsChallenge(real.person))
  if (model.locked) {
    expect(await outcome(asked)).toBe('locked')
    return
  }
  const challenge = await asked
  const before = live(model)
  const left = before === undefined ? 5 : before.tries - before.attempts
  if (before !== undefined) before.status = 'superseded'
  model.challenges.push({ status: 'pending', attempts: 0, tries: left, sends: 1 })
  real.ids.push(challenge.id)
  expect(challenge.remainingAttempts).toBe(left)
})

/** Types at the nth newest challenge. */
function type(back: number, right: boolean): Command {
  const words = `type ${right ? 'right' : 'wrong'} at ${back}`
  const at = (model: Model) => model.challenges.length - 1 - back
  return command(
    words,
    async (model, real) => {
      const challenge = model.challenges[at(model)]
      const id = real.ids[at(model)]
      if (challenge === undefined || id === undefined) return
      const pending = challenge.status === 'pending'
      const code = !pending ? '000000' : right ? await service.codeOf(id) : await service.wrongCodeOf(id)
      const typed = await outcome(verifyCode(service.world, { ...name(id), code }))
      if (!pending) {
        const used = challenge.status === 'passed' || challenge.status === 'failed'
        expect(typed).toBe(used ? 'invalid-code' : 'code-expired')
        return
      }
      challenge.attempts += 1
      model.failures += 1
      model.overIdentity += 1
      if (right) {
        expect(typed).toBe('passed')
        challenge.status = 'passed'
        model.failures = 0
        model.overIdentity = 0
        return
      }
      expect(typed).toBe('invalid-code')
      model.locked = enrollmentLock(model.failures) !== null || identityLock(model.overIdentity) !== null
      if (model.locked || challenge.attempts === challenge.tries) challenge.status = 'failed'
    },
    (model) => model.challenges.length > back,
  )
}

const resend = command(
  'resend',
  async (model, real) => {
    const id = real.ids.at(-1) ?? ''
    const challenge = model.challenges.at(-1)
    if (challenge === undefined) return
    await base
      .database('challenges')
      .where({ id, status: 'pending' })
      .update({ resend_at: new Date(0) })
    const before = challenge.status === 'pending' ? await service.codeOf(id) : null
    const sent = await outcome(resendCode(service.world, name(id)))
    if (challenge.status !== 'pending') expect(['code-expired', 'invalid-code']).toContain(sent)
    else if (challenge.sends === 3) expect(sent).toBe('no-more-sends')
    else {
      expect(sent).toBe('pending')
      challenge.sends += 1
    }
    if (before !== null) expect(await service.codeOf(id)).toBe(before)
  },
  (model) => model.challenges.length > 0,
)

const cancel = command(
  'cancel',
  async (model, real) => {
    await cancelChallenge(service.world, name(real.ids.at(-1) ?? ''))
    const challenge = model.challenges.at(-1)
    if (challenge?.status === 'pending') challenge.status = 'cancelled'
  },
  (model) => model.challenges.length > 0,
)

const expire = command(
  'let time pass',
  async (model, real) => {
    const id = real.ids.at(-1) ?? ''
    await service.age(id, 300_001)
    await service.world.store.challenges.expireOverdue(base.database, 10)
    const challenge = model.challenges.at(-1)
    if (challenge?.status === 'pending') challenge.status = 'expired'
    if (challenge !== undefined) {
      expect((await readChallenge(service.world, name(id))).status).toBe(challenge.status)
    }
  },
  (model) => model.challenges.length > 0,
)

const outlast = command(
  'outlast the lock',
  async (model, real) => {
    await base.database.raw(
      `update enrollments set locked_until = null, status = 'active' where identity_id = ? and failures < 50`,
      [real.person],
    )
    await base
      .database('identity_failures')
      .where({ identity_id: real.person })
      .update({ locked_until: null })
    model.locked = model.failures >= 50
  },
  (model) => model.locked,
)

test('whatever is done in whatever order, challenges follow the rules', async () => {
  const commands = [
    fc.constant(create),
    fc.constant(create),
    fc.tuple(fc.nat(2), fc.nat(3)).map(([back, luck]) => type(back, luck === 0)),
    fc.nat(1).map((back) => type(back, false)),
    fc.constant(resend),
    fc.constant(cancel),
    fc.constant(expire),
    fc.constant(outlast),
  ]
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (list) => {
      const person = await service.person()
      const setup = () => ({
        model: { challenges: [], failures: 0, overIdentity: 0, locked: false },
        real: { person: person.id, ids: [] },
      })
      await fc.asyncModelRun(setup, list)
    }),
    { numRuns: 40 },
  )
})
