// Longer than 300 lines: every reason for which there is nothing to send to, and every choice, over one organization.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createChallenge } from '../../application/challenges/create-challenge.ts'
import { listFactors } from '../../application/challenges/list-factors.ts'
import { readChallenge } from '../../application/challenges/read-challenge.ts'
import { resendCode } from '../../application/challenges/resend-code.ts'
import { selectEnrollment } from '../../application/challenges/select-enrollment.ts'
import { verifyCode } from '../../application/challenges/verify-code.ts'
import { changeEnrollment } from '../../application/change-enrollment.ts'
import { setManualRight } from '../../application/set-manual-right.ts'
import { sweepUnattended } from '../../application/sweep.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import { lockedForGood } from '../../domain/challenge-tries.ts'
import { MusterError } from '../../domain/error.ts'
import { defaultLimits } from '../../domain/limit-settings.ts'
import { openTestChallenges, smsChallenge, type TestChallenges } from '../support/challenge-world.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let base: TestDatabase
let service: TestChallenges
beforeAll(async () => {
  base = await createTestDatabase()
  service = openTestChallenges(base.database)
})
afterAll(() => base.close())

const admin = { kind: 'admin', id: 'ada' } as const
const name = (challengeId: string) => ({ client: 'portal', challengeId })

async function faultOf(work: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await work
  } catch (error) {
    if (error instanceof ChallengeFault) return { code: error.code, message: error.message, ...error.facts }
    if (error instanceof MusterError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('It was not refused.')
}
const refusal = (identityId: string, changes = {}) =>
  faultOf(createChallenge(service.world, smsChallenge(identityId, changes)))
const begin = (identityId: string, changes = {}) =>
  createChallenge(service.world, smsChallenge(identityId, changes))

describe('a challenge', () => {
  test('goes out at once where one address can be used, with its delivery in the same commit', async () => {
    const person = await service.person([{ address: '+4915112345642' }, { factor: 'otp-email' }])
    const before = service.woken.length
    const challenge = await begin(person.id)
    expect(challenge).toMatchObject({
      status: 'pending',
      purpose: 'authentication',
      factor: 'otp-sms',
      sentTo: '+49•••••••••42',
      choices: null,
      remainingAttempts: 5,
      delivery: { status: 'queued', alternatives: [] },
    })
    expect(Math.round((Date.parse(challenge.expiresAt) - Date.now()) / 60_000)).toBe(5)
    const [delivery] = await base.database('deliveries').where({ challenge_id: challenge.id })
    expect(delivery).toMatchObject({
      status: 'queued',
      template: 'authentication',
      locale: 'fr',
      address: null,
    })
    expect(delivery.deadline.toISOString()).toBe(challenge.expiresAt)
    expect(service.woken.slice(before)).toEqual([delivery.id])
  })

  test('is found by userName and by a record of a source, in any case of letters', async () => {
    const person = await service.person()
    await base.database('source_records').insert({
      source: 'hr',
      external_id: 'e-1',
      id: person.id,
      identity_id: person.id,
      hash: Buffer.alloc(1),
      active: true,
      attributes: '{}',
      link: 'key',
      created_at: new Date(),
      changed_at: new Date(),
    })
    const byName = await begin('', { identity: { userName: person.userName.toUpperCase() } })
    const byRecord = await begin('', { identity: { source: 'hr', externalId: 'e-1' } })
    expect((await service.row(byName.id))['identity_id']).toBe(person.id)
    expect((await service.row(byRecord.id))['identity_id']).toBe(person.id)
  })

  test('must say where a sign-in comes from, unless its client is contextless', async () => {
    const person = await service.person()
    const context = { ip: null, userAgent: null, transaction: null }
    expect(await refusal(person.id, { context })).toMatchObject({ code: 'usage' })
    expect((await begin(person.id, { context, client: 'batch' })).status).toBe('pending')
  })

  test('is made once for an idempotency key, by any number of requests at the same time', async () => {
    const person = await service.person()
    const idempotencyKey = 'k-1'
    const made = await Promise.all(Array.from({ length: 4 }, () => begin(person.id, { idempotencyKey })))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(await base.database('deliveries').where({ identity_id: person.id })).toHaveLength(1)
    expect(await refusal(person.id, { idempotencyKey, locale: 'en' })).toMatchObject({
      code: 'idempotency-conflict',
    })
  })

  test('lives alone: of ten at the same time one is left', async () => {
    const person = await service.person()
    await Promise.all(Array.from({ length: 10 }, () => begin(person.id)))
    const rows = await base.database('challenges').where({ identity_id: person.id }).select('status', 'nonce')
    expect(rows.filter(({ status }) => status === 'pending')).toHaveLength(1)
    expect(rows.filter(({ status, nonce }) => status === 'superseded' && nonce === null)).toHaveLength(9)
  })

  test('that a limit refuses leaves nothing behind', async () => {
    const limits = { ...defaultLimits, destinationHour: { count: 1, per: 3_600_000 } }
    const strict = openTestChallenges(base.database, { limits })
    const person = await strict.person()
    await createChallenge(strict.world, smsChallenge(person.id))
    const fault = await faultOf(createChallenge(strict.world, smsChallenge(person.id)))
    expect(fault).toMatchObject({ code: 'too-many-requests', actions: ['wait'] })
    expect(fault['retryAfter']).toBeGreaterThan(3500)
    expect(await base.database('challenges').where({ identity_id: person.id })).toHaveLength(1)
  })
})

describe('a person with several addresses', () => {
  test('chooses among masks that differ, last used first', async () => {
    const used = { at: new Date().toISOString(), ip: null, userAgent: null, client: 'portal' }
    const person = await service.person([
      { address: '+4915112340042' },
      { address: '+4915112350042', lastUsed: used },
    ])
    const challenge = await begin(person.id)
    expect(challenge).toMatchObject({ status: 'selecting', sentTo: null, delivery: null })
    expect(challenge.choices).toEqual([
      { enrollmentId: person.enrollments[1], masked: '+49••••••5••42' },
      { enrollmentId: person.enrollments[0], masked: '+49••••••4••42' },
    ])
    expect((await service.row(challenge.id))['nonce']).toBeNull()
    expect(await faultOf(verifyCode(service.world, { ...name(challenge.id), code: '1' }))).toMatchObject({
      code: 'choice-missing',
    })
    const enrollmentId = person.enrollments[0] ?? ''
    const chosen = await selectEnrollment(service.world, { ...name(challenge.id), enrollmentId })
    expect(chosen).toMatchObject({ status: 'pending', sentTo: '+49••••••4••42', choices: null })
    const again = await selectEnrollment(service.world, { ...name(challenge.id), enrollmentId })
    expect(again.id).toBe(challenge.id)
    expect(await base.database('deliveries').where({ challenge_id: challenge.id })).toHaveLength(1)
    const code = await service.codeOf(challenge.id)
    expect(await verifyCode(service.world, { ...name(challenge.id), code })).toMatchObject({ enrollmentId })
  })

  test('cannot choose what was not offered, nor choose twice', async () => {
    const person = await service.person([{}, {}])
    const other = await service.person()
    const challenge = await begin(person.id)
    const select = (enrollmentId = '') =>
      selectEnrollment(service.world, { ...name(challenge.id), enrollmentId })
    expect(await faultOf(select(other.enrollments[0]))).toMatchObject({ code: 'usage' })
    await select(person.enrollments[0])
    expect(await faultOf(select(person.enrollments[1]))).toMatchObject({ code: 'usage' })
  })

  test('keeps the tries that were left when the same address is chosen again', async () => {
    const person = await service.person([{}, {}])
    const enrollmentId = person.enrollments[0] ?? ''
    const first = await begin(person.id, { enrollmentId })
    const code = await service.wrongCodeOf(first.id)
    await faultOf(verifyCode(service.world, { ...name(first.id), code }))
    const second = await begin(person.id)
    const chosen = await selectEnrollment(service.world, { ...name(second.id), enrollmentId })
    expect(chosen.remainingAttempts).toBe(4)
    expect((await service.row(first.id))['status']).toBe('superseded')
  })
})

describe('where there is nothing to send to', () => {
  const now = new Date().toISOString()
  const disabled = { by: 'admin', id: 'ada', at: now, reason: null } as const
  test.each([
    ['no-right', [{}], { effective: false }, []],
    ['no-right', [{}], { clients: ['shop'] }, []],
    ['not-enrolled', [], {}, ['enroll']],
    ['not-enrolled', [{ removed: { by: 'self', id: 'x', at: now } as const }], {}, ['enroll']],
    ['not-proven', [{ proofRequired: true }], {}, ['prove']],
    ['disabled', [{ disabled }], {}, ['enroll']],
    ['locked', [{ lockedUntil: lockedForGood }], {}, ['prove']],
    ['undeliverable', [{ undeliverableSince: now }], {}, ['prove', 'enroll']],
  ] as const)(
    'a trusted client is told %s, and what can be done',
    async (code, enrollments, right, actions) => {
      const person = await service.person([...enrollments, { factor: 'otp-email' }], right)
      const fault = await refusal(person.id)
      const elsewhere = code === 'no-right' ? [] : ['other-factor']
      expect(fault).toMatchObject({ code, reason: code, actions: [...actions, ...elsewhere] })
      expect(fault['message']).toMatch(/^No mobile number registered/)
    },
  )

  test('a client that demands a proof is told that it is missing', async () => {
    const person = await service.person()
    expect(await refusal(person.id, { client: 'careful' })).toMatchObject({
      code: 'not-proven',
      actions: ['prove'],
    })
  })

  test('a client that is not trusted learns nothing, whoever it asks for', async () => {
    const nobody = '0198c0de-0000-7000-8000-000000000001'
    const without = await service.person([], { effective: false })
    const bare = await service.person([])
    const locked = await service.person([{ lockedUntil: lockedForGood }])
    const asked = [nobody, 'no uuid', without.id, bare.id, locked.id]
    const faults = []
    for (const id of asked) faults.push(await refusal(id, { client: 'shop' }))
    const twin = await service.person()
    await base.database('identities').where({ id: twin.id }).update({ user_name_key: 'twin' })
    await base.database('identities').where({ id: bare.id }).update({ user_name_key: 'twin' })
    faults.push(await refusal('', { client: 'shop', identity: { userName: 'Twin' } }))
    expect(new Set(faults.map((fault) => JSON.stringify(fault))).size).toBe(1)
    expect(faults[0]).toEqual({ code: 'not-available', message: 'No code can be sent.' })
    expect(await refusal('', { identity: { userName: 'Twin' } })).toMatchObject({
      code: 'ambiguous-identity',
    })
    expect(await refusal(nobody)).toMatchObject({ code: 'not-found' })
    const listed = await Promise.all(
      asked.map((id) => listFactors(service.world, { client: 'shop', identity: { id } })),
    )
    expect(listed).toEqual(asked.map(() => []))
  })

  test('factors are listed with their masked choices, or the reason', async () => {
    const person = await service.person([{ address: '+4915112345642' }])
    const factors = await listFactors(service.world, { client: 'portal', identity: { id: person.id } })
    expect(factors).toEqual([
      { factor: 'otp-email', choices: [], reason: 'not-enrolled', actions: ['enroll', 'other-factor'] },
      {
        factor: 'otp-sms',
        choices: [{ enrollmentId: person.enrollments[0], masked: '+49•••••••••42' }],
        reason: null,
        actions: [],
      },
    ])
  })
})

describe('a resend', () => {
  test('waits 30 and 60 seconds, sends the same code three times in all, and moves neither expiry nor tries', async () => {
    const person = await service.person([{}, { factor: 'otp-email' }])
    const first = await begin(person.id)
    const code = await service.codeOf(first.id)
    expect(Math.round((Date.parse(first.resendAt ?? '') - Date.now()) / 1000)).toBe(30)
    const wrong = await service.wrongCodeOf(first.id)
    await faultOf(verifyCode(service.world, { ...name(first.id), code: wrong }))
    expect(await faultOf(resendCode(service.world, name(first.id)))).toMatchObject({
      code: 'too-many-requests',
      retryAfter: 30,
    })
    await base.database('challenges').where({ id: first.id }).update({ resend_at: new Date() })
    const second = await resendCode(service.world, name(first.id))
    expect(second).toMatchObject({ expiresAt: first.expiresAt, remainingAttempts: 4 })
    expect(Math.round((Date.parse(second.resendAt ?? '') - Date.now()) / 1000)).toBe(60)
    expect(await service.codeOf(first.id)).toBe(code)
    await base.database('challenges').where({ id: first.id }).update({ resend_at: new Date() })
    const third = await resendCode(service.world, name(first.id))
    expect(third.resendAt).toBeNull()
    expect(third.delivery?.alternatives).toEqual(['other-factor'])
    expect(await faultOf(resendCode(service.world, name(first.id)))).toMatchObject({
      code: 'no-more-sends',
      actions: ['new-challenge', 'other-factor'],
    })
  })

  test('happens once when it is asked for ten times at the same time', async () => {
    const person = await service.person()
    const challenge = await begin(person.id)
    await base.database('challenges').where({ id: challenge.id }).update({ resend_at: new Date() })
    const asked = Array.from({ length: 10 }, () => resendCode(service.world, name(challenge.id)))
    const done = await Promise.allSettled(asked)
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await service.row(challenge.id))['sends']).toBe(2)
    expect(await base.database('deliveries').where({ challenge_id: challenge.id })).toHaveLength(2)
  })

  test('is not there for a code that expired', async () => {
    const person = await service.person()
    const challenge = await begin(person.id)
    await service.age(challenge.id, 300_001)
    expect(await faultOf(resendCode(service.world, name(challenge.id)))).toMatchObject({
      code: 'code-expired',
    })
  })

  test('is not needed where the alternatives are named: after a failed delivery, and after two of a day at once', async () => {
    const person = await service.person([{}, { factor: 'otp-email' }])
    for (let round = 0; round < 2; round += 1) {
      const lost = await begin(person.id)
      expect(lost.delivery?.alternatives).toEqual([])
      await base.database('deliveries').where({ challenge_id: lost.id }).update({ status: 'failed' })
      expect((await readChallenge(service.world, name(lost.id))).delivery).toEqual({
        status: 'failed',
        alternatives: ['other-factor'],
      })
    }
    expect((await begin(person.id)).delivery?.alternatives).toEqual(['other-factor'])
  })
})

describe('what becomes unusable', () => {
  test.each(['disable', 'remove'] as const)('by %s has its challenge cancelled', async (change) => {
    const person = await service.person()
    const challenge = await begin(person.id)
    const request = { enrollmentId: person.enrollments[0] ?? '', change, actor: admin, reason: null }
    await changeEnrollment(service.world, request)
    expect(await service.row(challenge.id)).toMatchObject({ status: 'cancelled', nonce: null })
  })

  test('by a denied right has its challenge cancelled, and that of the other factor stays', async () => {
    const person = await service.person([{}, { factor: 'otp-email' }])
    const sms = await begin(person.id)
    const mail = await begin(person.id, { factor: 'otp-email' })
    const word = { identityId: person.id, factor: 'otp-sms', effect: 'deny', actor: admin } as const
    await setManualRight(service.world, { ...word, reason: null, until: null })
    expect((await service.row(sms.id))['status']).toBe('cancelled')
    expect((await service.row(mail.id))['status']).toBe('pending')
  })

  test('by time is swept', async () => {
    const person = await service.person()
    const challenge = await begin(person.id)
    await service.age(challenge.id, 300_001)
    await sweepUnattended({
      ...service.world,
      derivation: { precedence: { default: [], attributes: {} } },
      connections: [],
      isWorkflowRunning: async () => true,
      retention: { audit: null, challenges: 7_776_000_000, deliveries: 7_776_000_000 },
      onFault: () => undefined,
    } as unknown as Parameters<typeof sweepUnattended>[0])
    expect(await service.row(challenge.id)).toMatchObject({ status: 'expired', nonce: null })
  })

  test('is usable again, with its failures forgotten, when an administrator unlocks it', async () => {
    const person = await service.person([{ lockedUntil: lockedForGood }])
    await base.database('enrollments').where({ identity_id: person.id }).update({ failures: 50 })
    const request = {
      enrollmentId: person.enrollments[0] ?? '',
      change: 'unlock',
      actor: admin,
      reason: null,
    } as const
    await changeEnrollment(service.world, request)
    const challenge = await begin(person.id)
    const code = await service.wrongCodeOf(challenge.id)
    expect(await faultOf(verifyCode(service.world, { ...name(challenge.id), code }))).toMatchObject({
      remainingAttempts: 4,
    })
  })
})

describe('a proof', () => {
  const prove = { purpose: 'enrollment', context: { ip: null, userAgent: null, transaction: null } } as const
  const proven = async (identityId: string, enrollmentId: string) => {
    const challenge = await begin(identityId, { ...prove, enrollmentId })
    const code = await service.codeOf(challenge.id)
    return verifyCode(service.world, { ...name(challenge.id), code })
  }
  const rowOf = async (id: string) => (await base.database('enrollments').where({ id }))[0]

  test('makes a pending address usable, and its identity due', async () => {
    const person = await service.person([{ proofRequired: true }])
    const [id = ''] = person.enrollments
    await base.database('identity_states').where({ identity_id: person.id }).update({ due_at: null })
    expect(await proven(person.id, id)).toMatchObject({ proof: 'proven', enrollmentId: id })
    expect(await rowOf(id)).toMatchObject({ proof: 'proven', status: 'active' })
    const [state] = await base.database('identity_states').where({ identity_id: person.id })
    expect(state.due_at).not.toBeNull()
    expect((await begin(person.id)).status).toBe('pending')
  })

  test('takes the place of the address that a person changed, which no policy brings back', async () => {
    const person = await service.person([{}])
    const [old = ''] = person.enrollments
    const self = {
      kind: 'self',
      policy: null,
      source: null,
      attribute: null,
      type: null,
      onUnmatch: null,
    } as const
    const origins = JSON.stringify([{ ...self, since: new Date().toISOString() }])
    const other = await service.person([{ proofRequired: true, proof: 'none', replaces: old }])
    const [fresh = ''] = other.enrollments
    await base.database('enrollments').where({ id: fresh }).update({ identity_id: person.id, origins })
    const signIn = await begin(person.id)
    const result = await proven(person.id, fresh)
    expect(result.addressChangedAt).not.toBeNull()
    expect(await rowOf(fresh)).toMatchObject({ status: 'active', replaces: null })
    expect(await rowOf(old)).toMatchObject({ status: null, origins: [], removed: { by: 'self' } })
    expect((await service.row(signIn.id))['status']).toBe('cancelled')
  })

  test('takes the place of the address that a policy held, which goes', async () => {
    const person = await service.person([{}])
    const [old = ''] = person.enrollments
    const other = await service.person([{ proofRequired: true, replaces: old }])
    const [fresh = ''] = other.enrollments
    await base.database('enrollments').where({ id: fresh }).update({ identity_id: person.id })
    await proven(person.id, fresh)
    expect(await rowOf(old)).toBeUndefined()
    expect(await rowOf(fresh)).toMatchObject({ status: 'active', replaces: null })
  })

  test('opens what was locked for good, and what could not be reached', async () => {
    const locked = await service.person([{ lockedUntil: lockedForGood }])
    await base.database('enrollments').where({ identity_id: locked.id }).update({ failures: 50 })
    await proven(locked.id, locked.enrollments[0] ?? '')
    expect(await rowOf(locked.enrollments[0] ?? '')).toMatchObject({
      status: 'active',
      failures: 0,
      locked_until: null,
    })
    const lost = await service.person([{ undeliverableSince: new Date().toISOString() }])
    await proven(lost.id, lost.enrollments[0] ?? '')
    expect(await rowOf(lost.enrollments[0] ?? '')).toMatchObject({
      status: 'active',
      undeliverable_since: null,
    })
  })

  test('of what is locked for good is tried 100 times in all, and never by signing in', async () => {
    const person = await service.person([{ lockedUntil: lockedForGood }])
    const [enrollmentId = ''] = person.enrollments
    await base.database('enrollments').where({ id: enrollmentId }).update({ failures: 98 })
    const challenge = await begin(person.id, { ...prove, enrollmentId })
    const code = await service.wrongCodeOf(challenge.id)
    const right = await service.codeOf(challenge.id)
    const type = (typed: string) => faultOf(verifyCode(service.world, { ...name(challenge.id), code: typed }))
    expect(await type(code)).toMatchObject({ code: 'invalid-code', remainingAttempts: 4 })
    expect(await type(code)).toMatchObject({ code: 'invalid-code', remainingAttempts: 3 })
    expect(await type(right)).toMatchObject({ code: 'locked' })
    expect(await refusal(person.id)).toMatchObject({ code: 'locked' })
  })

  test('needs the right to the factor', async () => {
    const person = await service.person([{ proofRequired: true }], { effective: false })
    expect(await refusal(person.id, { ...prove, enrollmentId: person.enrollments[0] })).toMatchObject({
      code: 'right-missing',
    })
  })
})
