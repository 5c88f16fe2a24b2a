import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let api: TestApi
beforeAll(async () => {
  db = await createTestDatabase()
  api = await openTestApi(db.database)
})
afterAll(async () => {
  await api?.close()
  await db?.close()
})

const context = { ip: '203.0.113.7', userAgent: 'test' }
const sms = (identity: object, changes: object = {}) => ({
  body: { identity, factor: 'otp-sms', context, ...changes },
})

async function begin(
  identityId: string,
  changes: object = {},
): Promise<{ id: string; [key: string]: unknown }> {
  const answer = await api.ask('POST', '/v1/challenges', sms({ id: identityId }, changes))
  expect(answer.statusCode).toBe(201)
  return answer.json()
}

describe('a challenge over HTTP', () => {
  it('is created, verified once, and says what was proven', async () => {
    const person = await api.person([{ address: '+4915112340042' }])
    const created = await api.ask('POST', '/v1/challenges', sms({ userName: person.userName.toUpperCase() }))
    const challenge = created.json()
    expect([created.statusCode, created.headers.location]).toEqual([201, `/v1/challenges/${challenge.id}`])
    expect(challenge).toMatchObject({
      status: 'pending',
      sentTo: '+49•••••••••42',
      choices: null,
      remainingAttempts: 5,
      delivery: { status: 'queued' },
    })
    const code = await api.codeOf(challenge.id)
    const typed = { body: { code: `${code.slice(0, 3)} ${code.slice(3)}` } }
    const passed = await api.ask('POST', `/v1/challenges/${challenge.id}/verify`, typed)
    expect([passed.statusCode, passed.json()]).toEqual([
      200,
      {
        status: 'passed',
        amr: ['sms'],
        enrollmentId: person.enrollments[0],
        proof: 'asserted',
        addressChangedAt: null,
      },
    ])
    const again = await api.ask('POST', `/v1/challenges/${challenge.id}/verify`, typed)
    expect([again.statusCode, again.json().detail]).toEqual([422, 'Invalid code'])
    const [row] = await db.database('enrollments').where({ id: person.enrollments[0] }).select('last_used')
    expect(row.last_used).toMatchObject({ ...context, client: 'portal' })
  })

  it('tells a wrong code, what is left, and what helps in the language asked for', async () => {
    const person = await api.person()
    const { id } = await begin(person.id)
    const answer = await api.ask('POST', `/v1/challenges/${id}/verify`, {
      body: { code: await api.wrongCodeOf(id) },
      headers: { 'accept-language': 'fr-CH, en;q=0.5' },
    })
    expect([answer.statusCode, answer.headers['content-language'], answer.headers.vary]).toEqual([
      422,
      'fr',
      'accept-language',
    ])
    expect(answer.json()).toMatchObject({
      type: 'urn:muster:problem:invalid-code',
      detail: 'Invalid code',
      remainingAttempts: 4,
      help: [expect.stringContaining('Comparez'), expect.any(String)],
    })
  })

  it('tells a late code from a wrong one', async () => {
    const person = await api.person()
    const { id } = await begin(person.id)
    const code = await api.codeOf(id)
    await api.age(id, 301_000)
    const answer = await api.ask('POST', `/v1/challenges/${id}/verify`, { body: { code } })
    expect(answer.json()).toMatchObject({
      type: 'urn:muster:problem:code-expired',
      detail: 'Code expired',
      actions: ['new-challenge'],
    })
  })

  it('waits for a choice where several addresses can be used, and then sends', async () => {
    const person = await api.person([{}, {}])
    const challenge = await begin(person.id)
    expect(challenge).toMatchObject({ status: 'selecting', sentTo: null, resendAt: null, delivery: null })
    const choices = challenge['choices'] as { enrollmentId: string; masked: string }[]
    expect(new Set(choices.map(({ masked }) => masked)).size).toBe(2)
    const early = await api.ask('POST', `/v1/challenges/${challenge.id}/verify`, { body: { code: '123456' } })
    expect(early.json().type).toBe('urn:muster:problem:choice-missing')
    const body = { enrollmentId: choices[1]?.enrollmentId }
    const selected = await api.ask('POST', `/v1/challenges/${challenge.id}/select`, { body })
    expect(selected.json()).toMatchObject({ status: 'pending', sentTo: choices[1]?.masked })
  })

  it('is sent again after the wait, at most as often as allowed, and says when', async () => {
    const person = await api.person()
    const { id } = await begin(person.id)
    const early = await api.ask('POST', `/v1/challenges/${id}/resend`)
    expect([early.statusCode, early.json().type]).toEqual([429, 'urn:muster:problem:too-many-requests'])
    expect(Number(early.headers['retry-after'])).toBeGreaterThan(25)
    for (const wait of [30_000, 60_000]) {
      await api.age(id, wait)
      const headers = { 'content-type': 'application/json' }
      expect((await api.ask('POST', `/v1/challenges/${id}/resend`, { headers })).statusCode).toBe(200)
    }
    const over = await api.ask('POST', `/v1/challenges/${id}/resend`)
    expect([over.statusCode, over.json().type]).toEqual([409, 'urn:muster:problem:no-more-sends'])
    expect(over.json().help.join(' ')).toMatch(/reception.*spam/s)
  })

  it('is given up by its client, and nobody else sees it', async () => {
    const person = await api.person()
    const { id } = await begin(person.id)
    const token = await api.token('challenge:shop')
    for (const method of ['GET', 'DELETE'] as const)
      expect((await api.ask(method, `/v1/challenges/${id}`, { token })).statusCode).toBe(404)
    const code = await api.codeOf(id)
    const stolen = await api.ask('POST', `/v1/challenges/${id}/verify`, { token, body: { code } })
    expect(stolen.statusCode).toBe(404)
    expect((await api.ask('DELETE', `/v1/challenges/${id}`)).statusCode).toBe(204)
    expect((await api.ask('GET', `/v1/challenges/${id}`)).json()).toMatchObject({ status: 'cancelled' })
    const late = await api.ask('POST', `/v1/challenges/${id}/verify`, { body: { code } })
    expect(late.json().type).toBe('urn:muster:problem:code-expired')
  })

  it('is the same for the same Idempotency-Key, and refused for another request under it', async () => {
    const person = await api.person()
    const asked = { ...sms({ id: person.id }), headers: { 'idempotency-key': '"once"' } }
    const [first, second] = [
      await api.ask('POST', '/v1/challenges', asked),
      await api.ask('POST', '/v1/challenges', asked),
    ]
    expect(second.json().id).toBe(first.json().id)
    const other = { ...sms({ id: person.id }, { locale: 'fr' }), headers: asked.headers }
    const refused = await api.ask('POST', '/v1/challenges', other)
    expect([refused.statusCode, refused.json().type]).toEqual([
      422,
      'urn:muster:problem:idempotency-conflict',
    ])
    expect(await db.database('deliveries').where({ challenge_id: first.json().id })).toHaveLength(1)
    const bad = await api.ask('POST', '/v1/challenges', { ...asked, headers: { 'idempotency-key': 'a b' } })
    expect(bad.statusCode).toBe(400)
  })

  it('needs to know whose address a sign-in comes from, save for contextless clients', async () => {
    const person = await api.person()
    const body = { identity: { id: person.id }, factor: 'otp-sms' }
    const refused = await api.ask('POST', '/v1/challenges', { body })
    expect([refused.statusCode, refused.json().type]).toEqual([400, 'urn:muster:problem:usage'])
    const token = await api.token('challenge:batch')
    expect((await api.ask('POST', '/v1/challenges', { token, body })).statusCode).toBe(201)
  })
})

describe('a trusted client', () => {
  it('is told why nothing can be sent, in the words that people know', async () => {
    const none = await api.person([])
    const answer = await api.ask('POST', '/v1/challenges', sms({ id: none.id }))
    expect([answer.statusCode, answer.json()]).toEqual([
      422,
      expect.objectContaining({
        type: 'urn:muster:problem:not-enrolled',
        detail: 'No mobile number registered.',
        reason: 'not-enrolled',
        actions: ['enroll'],
      }),
    ])
    const without = await api.person([{}], { effective: false })
    const refused = await api.ask('POST', '/v1/challenges', sms({ id: without.id }))
    expect(refused.json()).toMatchObject({ reason: 'no-right' })
    const unknown = await api.ask('POST', '/v1/challenges', sms({ userName: 'nobody-of-this-name' }))
    expect(unknown.statusCode).toBe(404)
  })

  it('sees the usable factors, and why others are not', async () => {
    const person = await api.person([{ factor: 'otp-email', address: 'anna@example.com' }])
    const answer = await api.ask('GET', `/v1/identities/${person.id}/factors`)
    expect(answer.json().factors).toEqual([
      {
        factor: 'otp-email',
        choices: [{ enrollmentId: person.enrollments[0], masked: 'a••a@example.com' }],
        reason: null,
        actions: [],
      },
      { factor: 'otp-sms', choices: [], reason: 'not-enrolled', actions: ['enroll', 'other-factor'] },
    ])
  })
})

describe('a client that is not trusted', () => {
  it('gets one answer for an unknown name, a missing right, no address and a disabled one', async () => {
    const token = await api.token('challenge:shop')
    const disabled = { by: 'admin', id: 'x', at: '2026-01-01T00:00:00.000Z', reason: null } as const
    const names = [
      { userName: 'nobody-of-this-name' },
      { id: '01a21420-4e25-7048-85a5-ac5591945404' },
      { source: 'hr', externalId: 'nobody' },
      { id: (await api.person([{}], { effective: false })).id },
      { id: (await api.person([{}], { clients: ['portal'] })).id },
      { id: (await api.person([])).id },
      { id: (await api.person([{ disabled }])).id },
      { id: (await api.person([{ proof: 'none', proofRequired: true }])).id },
    ]
    const answers = []
    for (const name of names) {
      const { statusCode, headers, body } = await api.ask('POST', '/v1/challenges', { token, ...sms(name) })
      answers.push(JSON.stringify({ statusCode, headers: { ...headers, date: null }, body }))
    }
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toContain('urn:muster:problem:not-available')
    expect(answers[0]).not.toMatch(/reason|actions|requestId/)
    const factors = []
    for (const id of [names[1]?.id, names[3]?.id, names[5]?.id])
      factors.push((await api.ask('GET', `/v1/identities/${id}/factors`, { token })).body)
    expect(new Set(factors)).toEqual(new Set(['{"factors":[]}']))
  })
})

describe('a request', () => {
  it('that is not of its schema is told every place, and nothing of what it held', async () => {
    const answer = await api.ask('POST', '/v1/challenges', {
      body: {
        identity: { phone: '+4915199999999' },
        factor: 'otp-pigeon',
        context: { ip: 'secret-host' },
        '+4915188888888': 1,
      },
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
      expect.arrayContaining(['/identity', '/factor', '/context/ip', '']),
    )
    expect(answer.body).not.toMatch(/49151|pigeon|secret-host/)
  })

  it('that is no JSON, or of another type, is refused without repeating it', async () => {
    const headers = { 'content-type': 'application/json' }
    const broken = await api.ask('POST', '/v1/challenges', { headers, body: '{"code":"123456' })
    expect([broken.statusCode, broken.body.includes('123456')]).toEqual([400, false])
    const text = await api.ask('POST', '/v1/challenges', {
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    })
    expect(text.statusCode).toBe(415)
    const proto = await api.ask('POST', '/v1/challenges', { headers, body: '{"__proto__":{"trusted":true}}' })
    expect(proto.statusCode).toBe(400)
  })

  it('for an id that is none is for nothing', async () => {
    expect((await api.ask('GET', '/v1/challenges/7')).statusCode).toBe(404)
  })
})
