import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancelChallenge } from '../../application/challenges/cancel-challenge.ts'
import { countTry } from '../../application/challenges/count-try.ts'
import { createChallenge } from '../../application/challenges/create-challenge.ts'
import { readChallenge } from '../../application/challenges/read-challenge.ts'
import { verifyCode } from '../../application/challenges/verify-code.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import { lockedForGood } from '../../domain/challenge-tries.ts'
import { openTestChallenges, smsChallenge, type TestChallenges } from '../support/challenge-world.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let base: TestDatabase
let test1: TestChallenges
beforeAll(async () => {
  base = await createTestDatabase()
  test1 = openTestChallenges(base.database)
})
afterAll(() => base.close())

const name = (challengeId: string) => ({ client: 'portal', challengeId })
const begin = (identityId: string) => createChallenge(test1.world, smsChallenge(identityId))
const type = (challengeId: string, code: string) => verifyCode(test1.world, { ...name(challengeId), code })

/** The fault's code and facts, or what it answered. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ChallengeFault) return { code: error.code, ...error.facts }
    throw error
  }
}
const codeOfOutcome = async (work: Promise<unknown>) => {
  const result = (await outcome(work)) as { readonly code?: string; readonly status?: string }
  return result.code ?? result.status
}
const failuresOf = async (identityId: string) => {
  const [row] = await base.database('enrollments').where({ identity_id: identityId })
  return {
    failures: row.failures as number,
    lockedUntil: row.locked_until as Date | null,
    status: row.status,
  }
}
const endLock = (identityId: string) =>
  base.database.raw(
    `update enrollments set locked_until = now() where identity_id = ? and locked_until < '9999-01-01'`,
    [identityId],
  )

describe('a right code', () => {
  test('passes once, says how it was known, and erases what it was derived from', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    const code = await test1.codeOf(challenge.id)
    expect(await type(challenge.id, ` ${code.slice(0, 3)} - ${code.slice(3)} `)).toEqual({
      status: 'passed',
      amr: ['sms'],
      enrollmentId: person.enrollments[0],
      proof: 'asserted',
      addressChangedAt: null,
    })
    expect(await test1.row(challenge.id)).toMatchObject({ status: 'passed', nonce: null, attempts: 1 })
    expect(await codeOfOutcome(type(challenge.id, code))).toBe('invalid-code')
    const [row] = await base.database('enrollments').where({ identity_id: person.id })
    expect(row.last_used).toMatchObject({ ip: '203.0.113.7', userAgent: 'test', client: 'portal' })
    expect(row.failures).toBe(0)
  })

  test('wins exactly once of 50 at the same time', async () => {
    const person = await test1.person()
    const wide = openTestChallenges(base.database, { keys: test1.world.keys, settings: { tries: 50 } })
    const challenge = await createChallenge(wide.world, smsChallenge(person.id))
    const code = await wide.codeOf(challenge.id)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => codeOfOutcome(type(challenge.id, code))),
    )
    expect(outcomes.filter((one) => one === 'passed')).toHaveLength(1)
  })

  test('never passes once the tries are used up, whatever 50 wrong ones do at the same time', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    const [code, wrong] = [await test1.codeOf(challenge.id), await test1.wrongCodeOf(challenge.id)]
    const typed = Array.from({ length: 51 }, (_, at) => (at === 25 ? code : wrong))
    const outcomes = await Promise.all(typed.map((one) => codeOfOutcome(type(challenge.id, one))))
    const { status, attempts, nonce } = await test1.row(challenge.id)
    expect(attempts).toBeLessThanOrEqual(5)
    expect(nonce).toBeNull()
    expect(['passed', 'failed']).toContain(status)
    expect(outcomes.includes('passed')).toBe(status === 'passed')
  })
})

describe('a wrong code', () => {
  test('leaves one try less, and ends the challenge with the last', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    const wrong = await test1.wrongCodeOf(challenge.id)
    for (const remainingAttempts of [4, 3, 2, 1]) {
      expect(await outcome(type(challenge.id, wrong))).toMatchObject({
        code: 'invalid-code',
        remainingAttempts,
      })
    }
    expect(await outcome(type(challenge.id, wrong))).toMatchObject({
      code: 'invalid-code',
      remainingAttempts: 0,
    })
    expect(await test1.row(challenge.id)).toMatchObject({ status: 'failed', nonce: null })
    expect((await failuresOf(person.id)).failures).toBe(5)
  })

  test('is counted although the process dies before comparing', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    await countTry(test1.world, name(challenge.id))
    expect((await readChallenge(test1.world, name(challenge.id))).remainingAttempts).toBe(4)
    expect((await failuresOf(person.id)).failures).toBe(1)
  })

  test('counts on, whatever new challenges there are: 200 of them never buy more than 50 tries', async () => {
    const person = await test1.person()
    let compared = 0
    let refused = 0
    for (let round = 0; round < 200; round += 1) {
      const challenge = await begin(person.id).catch((error: unknown) => {
        if (error instanceof ChallengeFault && error.code === 'locked') return null
        throw error
      })
      if (challenge === null) {
        refused += 1
        await endLock(person.id)
        await base
          .database('identity_failures')
          .where({ identity_id: person.id })
          .update({ locked_until: null })
        continue
      }
      const wrong = await test1.wrongCodeOf(challenge.id)
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () => codeOfOutcome(type(challenge.id, wrong))),
      )
      compared += outcomes.filter((one) => one === 'invalid-code').length
    }
    const { failures, lockedUntil } = await failuresOf(person.id)
    expect(failures).toBe(50)
    expect(lockedUntil?.toISOString()).toBe(lockedForGood)
    expect(refused).toBeGreaterThan(150)
    expect(compared).toBeLessThanOrEqual(60)
  })

  test('is accepted ten times in a row, and the enrollment pauses', async () => {
    const person = await test1.person()
    for (let round = 0; round < 2; round += 1) {
      const challenge = await begin(person.id)
      const wrong = await test1.wrongCodeOf(challenge.id)
      for (let at = 0; at < 5; at += 1) await outcome(type(challenge.id, wrong))
    }
    const { failures, lockedUntil, status } = await failuresOf(person.id)
    expect({ failures, status }).toEqual({ failures: 10, status: 'locked' })
    expect(Math.round(((lockedUntil?.getTime() ?? 0) - Date.now()) / 60_000)).toBe(15)
    expect(await outcome(begin(person.id))).toMatchObject({
      code: 'locked',
      reason: 'locked',
      actions: ['wait'],
    })
    const events = await base.database('audit_events').where({ identity_id: person.id }).pluck('action')
    expect(events.sort()).toEqual([
      'challenge-created',
      'challenge-created',
      'challenge-failed',
      'challenge-failed',
      'enrollment-locked',
    ])
  })

  test('does not count against a right one that brings the count to the limit', async () => {
    const person = await test1.person()
    await base.database('enrollments').where({ identity_id: person.id }).update({ failures: 9 })
    const challenge = await begin(person.id)
    expect(await codeOfOutcome(type(challenge.id, await test1.codeOf(challenge.id)))).toBe('passed')
    expect(await failuresOf(person.id)).toEqual({ failures: 0, lockedUntil: null, status: 'active' })
  })

  test('locks every enrollment of a person after 30 over all of them', async () => {
    const person = await test1.person([{}, { factor: 'otp-email' }])
    const challenge = await begin(person.id)
    await base.database('identity_failures').where({ identity_id: person.id }).update({ failures: 29 })
    const mail = await createChallenge(test1.world, smsChallenge(person.id, { factor: 'otp-email' }))
    expect(await outcome(type(challenge.id, await test1.wrongCodeOf(challenge.id)))).toMatchObject({
      code: 'invalid-code',
      remainingAttempts: 0,
    })
    expect((await test1.row(mail.id))['status']).toBe('cancelled')
    expect(
      await codeOfOutcome(createChallenge(test1.world, smsChallenge(person.id, { factor: 'otp-email' }))),
    ).toBe('locked')
  })
})

describe('a challenge', () => {
  test('ends by the clock of the database, and says so', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    const code = await test1.codeOf(challenge.id)
    await test1.age(challenge.id, 300_001)
    expect((await readChallenge(test1.world, name(challenge.id))).status).toBe('expired')
    expect(await outcome(type(challenge.id, code))).toMatchObject({
      code: 'code-expired',
      actions: ['new-challenge'],
    })
    expect(await test1.row(challenge.id)).toMatchObject({ status: 'expired', nonce: null, attempts: 0 })
  })

  test('that supersedes another keeps the tries that were left, and starts afresh after a failed one', async () => {
    const person = await test1.person()
    const first = await begin(person.id)
    const wrong = await test1.wrongCodeOf(first.id)
    await outcome(type(first.id, wrong))
    await outcome(type(first.id, wrong))
    const second = await begin(person.id)
    expect(second.remainingAttempts).toBe(3)
    expect(await test1.row(first.id)).toMatchObject({ status: 'superseded', nonce: null })
    expect(await codeOfOutcome(type(first.id, wrong))).toBe('code-expired')
    const other = await test1.wrongCodeOf(second.id)
    for (let at = 0; at < 3; at += 1) await outcome(type(second.id, other))
    expect((await begin(person.id)).remainingAttempts).toBe(5)
  })

  test('is there for its own client alone', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    const stranger = { client: 'shop', challengeId: challenge.id }
    await expect(readChallenge(test1.world, stranger)).rejects.toMatchObject({ code: 'not-found' })
    await expect(cancelChallenge(test1.world, stranger)).rejects.toMatchObject({ code: 'not-found' })
    await expect(verifyCode(test1.world, { ...stranger, code: '1' })).rejects.toMatchObject({
      code: 'not-found',
    })
    expect((await failuresOf(person.id)).failures).toBe(0)
  })

  test('that is cancelled takes no code', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    const code = await test1.codeOf(challenge.id)
    await cancelChallenge(test1.world, name(challenge.id))
    expect(await test1.row(challenge.id)).toMatchObject({ status: 'cancelled', nonce: null })
    expect(await codeOfOutcome(type(challenge.id, code))).toBe('code-expired')
  })

  test('outlives a change of keys, as long as its own is kept beside the new one', async () => {
    const person = await test1.person()
    const before = await begin(person.id)
    const code = await test1.codeOf(before.id)
    const keys = {
      active: 'k2',
      key: (id: string) => (id === 'k2' ? Buffer.alloc(32, 2) : test1.world.keys.key(id)),
    }
    const rotated = { ...test1.world, keys }
    expect(await verifyCode(rotated, { ...name(before.id), code })).toMatchObject({ status: 'passed' })
    const after = await createChallenge(rotated, smsChallenge(person.id))
    expect((await test1.row(after.id))['key_id']).toBe('k2')
  })

  test('whose key left the ring fails closed', async () => {
    const person = await test1.person()
    const challenge = await begin(person.id)
    const code = await test1.codeOf(challenge.id)
    const rotated = { ...test1.world, keys: { active: 'k2', key: () => null } }
    await expect(verifyCode(rotated, { ...name(challenge.id), code })).rejects.toMatchObject({
      code: 'internal',
    })
    expect((await failuresOf(person.id)).failures).toBe(1)
  })
})
