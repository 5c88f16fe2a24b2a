import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getEnrollment } from '../../store/read/enrollments.ts'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let api: TestApi
let admin = ''
beforeAll(async () => {
  db = await createTestDatabase()
  api = await openTestApi(db.database)
  admin = await api.token('admin')
})
afterAll(async () => {
  await api?.close()
  await db?.close()
})

const fresh = () => ({ kind: 'self', id: 'anna', authenticatedAt: new Date().toISOString() })
const stale = () => ({
  kind: 'self',
  id: 'anna',
  authenticatedAt: new Date(Date.now() - 16 * 60_000).toISOString(),
})
const operator = { kind: 'admin', id: 'olga' }
const mail = (address: string, changes: object = {}) => ({
  body: { factor: 'otp-email', address, actor: fresh(), ...changes },
})

async function prove(challenge: string) {
  const body = { code: await api.codeOf(challenge) }
  return api.ask('POST', `/v1/challenges/${challenge}/verify`, { body })
}

const statusOf = async (id: string) => (await getEnrollment(db.database, id, null)).status
const addressesOf = async (identity: string) =>
  (await db.database('enrollments').where({ identity_id: identity, status: 'active' }).select('address')).map(
    ({ address }) => address,
  )

describe('a person who adds an address', () => {
  it('proves it by the code that was sent there, and can then be challenged', async () => {
    const person = await api.person([])
    const before = api.nudges()
    const answer = await api.ask('POST', `/v1/identities/${person.id}/enrollments`, mail('Anna@Example.com'))
    expect([answer.statusCode, api.nudges()]).toEqual([201, before + 1])
    const { enrollment, challenge } = answer.json()
    expect(enrollment).toMatchObject({ status: 'pending', proof: 'none', address: 'A••a@example.com' })
    expect(enrollment.origins).toMatchObject([{ kind: 'self', policy: null }])
    expect(challenge).toMatchObject({ purpose: 'enrollment', status: 'pending', sentTo: 'A••a@example.com' })
    const passed = await prove(challenge.id)
    expect(passed.json()).toMatchObject({ status: 'passed', amr: ['otp'], proof: 'proven' })
    expect(await statusOf(enrollment.id)).toBe('active')
    const again = await api.ask('POST', `/v1/identities/${person.id}/enrollments`, mail('anna@example.com'))
    expect(again.json()).toMatchObject({ enrollment: { id: enrollment.id }, challenge: null })
  })

  it('is told by a closed reason which address cannot be used, and it is not repeated', async () => {
    const person = await api.person([])
    const reasons: [string, string, string][] = [
      ['otp-email', 'a@example.com, b@evil.example', 'malformed-mailbox'],
      ['otp-sms', '12345', 'no-country'],
      ['otp-sms', '+49 30 901820', 'landline'],
      ['otp-sms', 'call me', 'not-a-number'],
    ]
    for (const [factor, address, reason] of reasons) {
      const path = `/v1/identities/${person.id}/enrollments`
      const answer = await api.ask('POST', path, mail(address, { factor }))
      expect([answer.statusCode, answer.json().type, answer.json().reason]).toEqual([
        422,
        'urn:muster:problem:unusable-address',
        reason,
      ])
      expect(answer.body).not.toContain(address)
    }
  })

  it('needs the right, the factor to be open for registration, and a fresh sign-in', async () => {
    const person = await api.person([], { effective: false })
    const path = `/v1/identities/${person.id}/enrollments`
    const missing = await api.ask('POST', path, mail('anna@example.com'))
    expect([missing.statusCode, missing.json().type]).toEqual([403, 'urn:muster:problem:right-missing'])
    const nobody = '/v1/identities/01a21420-4e25-7048-85a5-ac5591945404/enrollments'
    const unknown = await api.ask('POST', nobody, mail('anna@example.com'))
    const { requestId: _, ...same } = unknown.json()
    expect(missing.json()).toMatchObject(same)
    const other = await api.person([])
    for (const actor of [stale(), { kind: 'self', id: 'anna' }]) {
      const answer = await api.ask(
        'POST',
        `/v1/identities/${other.id}/enrollments`,
        mail('a@example.com', { actor }),
      )
      expect([answer.statusCode, answer.json().type]).toEqual([
        403,
        'urn:muster:problem:fresh-sign-in-needed',
      ])
    }
    expect(await db.database('enrollments').where({ identity_id: other.id })).toHaveLength(0)
    const closed = await openTestApi(db.database, {
      factors: { authentication: ['otp-email'], registration: [] },
    })
    const refused = await closed.ask('POST', `/v1/identities/${other.id}/enrollments`, mail('a@example.com'))
    expect(refused.json().type).toBe('urn:muster:problem:right-missing')
    await closed.close()
  })

  it('can have ten of a factor, and no more', async () => {
    const person = await api.person(
      Array.from({ length: 10 }, () => ({ factor: 'otp-email', proof: 'proven' }) as const),
    )
    const answer = await api.ask('POST', `/v1/identities/${person.id}/enrollments`, mail('one@example.com'))
    expect([answer.statusCode, answer.json().type]).toEqual([409, 'urn:muster:problem:too-many-enrollments'])
  })

  it('cannot bring back what an administrator disabled, not even by removing it first', async () => {
    const person = await api.person([{ factor: 'otp-email', address: 'anna@example.com' }])
    const path = `/v1/identities/${person.id}/enrollments/${person.enrollments[0]}`
    const body = { status: 'disabled', actor: operator, reason: 'lost' }
    expect((await api.ask('PATCH', path, { token: admin, body })).json()).toMatchObject({
      status: 'disabled',
      statusBy: 'admin:olga',
    })
    const enable = await api.ask('PATCH', path, { body: { status: 'active', actor: fresh() } })
    expect([enable.statusCode, enable.json().type]).toEqual([422, 'urn:muster:problem:disabled'])
    expect((await api.ask('DELETE', path, { body: { actor: fresh() } })).statusCode).toBe(204)
    const again = await api.ask('POST', `/v1/identities/${person.id}/enrollments`, mail('anna@example.com'))
    expect(again.json().type).toBe('urn:muster:problem:disabled')
  })

  it('switches an address off and on, and removes it, with challenges under way ended', async () => {
    const person = await api.person([{ factor: 'otp-email' }])
    const path = `/v1/identities/${person.id}/enrollments/${person.enrollments[0]}`
    const context = { ip: '203.0.113.7' }
    const body = { identity: { id: person.id }, factor: 'otp-email', context }
    const { id } = (await api.ask('POST', '/v1/challenges', { body })).json()
    await api.ask('PATCH', path, { body: { status: 'disabled', actor: fresh() } })
    expect((await api.ask('GET', `/v1/challenges/${id}`)).json().status).toBe('cancelled')
    const on = await api.ask('PATCH', path, { body: { status: 'active', actor: fresh() } })
    expect(on.json().status).toBe('active')
    expect((await api.ask('DELETE', path, { body: { actor: stale() } })).statusCode).toBe(403)
    expect((await api.ask('DELETE', path, { body: { actor: fresh() } })).statusCode).toBe(204)
    expect((await api.ask('DELETE', path, { body: { actor: fresh() } })).statusCode).toBe(404)
    const foreign = `/v1/identities/${(await api.person([])).id}/enrollments/${person.enrollments[0]}`
    expect((await api.ask('DELETE', foreign, { body: { actor: fresh() } })).statusCode).toBe(404)
  })
})

describe('a change of address', () => {
  const old = { factor: 'otp-email', address: 'old@example.com', proof: 'proven' } as const

  it('leaves the old one in use until the new one is proven, then they swap', async () => {
    const person = await api.person([old])
    const path = `/v1/identities/${person.id}/enrollments/${person.enrollments[0]}/address`
    const body = { address: 'new@example.com', actor: fresh() }
    const answer = await api.ask('PUT', path, { body })
    expect(answer.statusCode).toBe(202)
    const { enrollment, challenge } = answer.json()
    expect([enrollment.status, await addressesOf(person.id)]).toEqual(['pending', ['old@example.com']])
    expect((await prove(challenge.id)).statusCode).toBe(200)
    expect(await addressesOf(person.id)).toEqual(['new@example.com'])
    const now = await getEnrollment(db.database, enrollment.id, null)
    expect(now).toMatchObject({ status: 'active', proof: 'proven', addressChangedAt: expect.any(String) })
    const told = await db.database('deliveries').where({ identity_id: person.id, kind: 'notice' })
    expect(told).toMatchObject([{ template: 'replaced', address: 'old@example.com' }])
    expect(JSON.stringify(told)).not.toContain('new@example.com')
  })

  it('takes a second wish before the proof in place of the first', async () => {
    const person = await api.person([old])
    const path = `/v1/identities/${person.id}/enrollments/${person.enrollments[0]}/address`
    const ask = async (address: string) =>
      (await api.ask('PUT', path, { body: { address, actor: fresh() } })).json()
    const first = await ask('typo@example.com')
    const code = await api.codeOf(first.challenge.id)
    const second = await ask('right@example.com')
    expect(second.enrollment.id).toBe(first.enrollment.id)
    const late = await api.ask('POST', `/v1/challenges/${first.challenge.id}/verify`, { body: { code } })
    expect(late.statusCode).toBe(422)
    await prove(second.challenge.id)
    expect(await addressesOf(person.id)).toEqual(['right@example.com'])
  })

  it('needs a fresh sign-in, or a code just typed at another address', async () => {
    const person = await api.person([old, { factor: 'otp-sms' }])
    const path = `/v1/identities/${person.id}/enrollments/${person.enrollments[0]}/address`
    const pass = async (factor: string) => {
      const body = { identity: { id: person.id }, factor, context: { ip: '203.0.113.7' } }
      const { id } = (await api.ask('POST', '/v1/challenges', { body })).json()
      await prove(id)
      return id
    }
    const ask = (challengeId: string | null) =>
      api.ask('PUT', path, { body: { address: 'new2@example.com', actor: stale(), challengeId } })
    const refusals = [await ask(null), await ask(await pass('otp-email'))]
    for (const answer of refusals) expect(answer.json().type).toBe('urn:muster:problem:fresh-sign-in-needed')
    expect((await ask(await pass('otp-sms'))).statusCode).toBe(202)
  })

  it('to an address that is enrolled already is refused', async () => {
    const person = await api.person([old, { ...old, address: 'other@example.com' }])
    const path = `/v1/identities/${person.id}/enrollments/${person.enrollments[0]}/address`
    const answer = await api.ask('PUT', path, { body: { address: 'OTHER@example.com', actor: fresh() } })
    expect([answer.statusCode, answer.json().type]).toEqual([409, 'urn:muster:problem:already-enrolled'])
  })
})

describe('an administrator', () => {
  it('attests an address, without any code, with a token of the scope admin alone', async () => {
    const person = await api.person([])
    const path = `/v1/identities/${person.id}/enrollments`
    const body = { factor: 'otp-email', address: 'vip@example.com', actor: operator }
    const answer = await api.ask('POST', path, { token: admin, body })
    expect(answer.json()).toMatchObject({
      enrollment: { status: 'active', proof: 'attested' },
      challenge: null,
    })
    const posing = await api.ask('POST', path, { body })
    expect([posing.statusCode, posing.json().type]).toEqual([403, 'urn:muster:problem:forbidden'])
    const self = await api.ask('POST', path, { token: admin, ...mail('x@example.com') })
    expect(self.statusCode).toBe(403)
  })
})
