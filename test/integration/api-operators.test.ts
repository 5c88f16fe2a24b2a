// Longer than 300 lines: one worker and one population, and every operation that is asked of them.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { controlRuns, describeSoon } from '../../bin/compose/run-control.ts'
import type { Run } from '../../domain/run.ts'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import { makeFolder } from '../support/embedded-stack.ts'
import { type Reconciler, startReconciler } from '../support/reconciler.ts'

/** The operations of operators on a real worker: `ask` compares every answer with what /openapi.json promises. */
const folder = makeFolder()
const people = 60
let muster: Reconciler
let api: TestApi
let reader = ''
let operator = ''
let admin = ''

const person = (n: number, state = '') =>
  `${n},person${n},n-${n},employee,Field,person${n}@example.org,+4915112345${String(n).padStart(3, '0')},${state}`
const everybody = (state = '') => Array.from({ length: people }, (_, n) => person(n, state))
const policy = {
  id: 'field',
  target: 'active eq true',
  conditions: { all: [{ fact: 'department', operator: 'equal', value: 'Field' }] },
  event: {
    type: 'provision',
    params: { rights: ['otp-sms'], enroll: [{ factor: 'otp-sms', from: 'phoneNumbers' }] },
  },
}

beforeAll(async () => {
  mkdirSync(join(folder.path, 'policies'))
  muster = await startReconciler(folder.path)
  muster.write('hr', everybody())
  muster.write('desk', [])
  await muster.loadPolicies([policy])
  const { client } = muster.temporal
  const runs = controlRuns(client, pino({ level: 'silent' }))
  const describeTemporal = describeSoon(client, inject('temporalAddress'))
  api = await openTestApi(muster.store.database, {}, {}, { runs, describeTemporal })
  ;[reader, operator, admin] = await Promise.all([
    api.token('read'),
    api.token('operate'),
    api.token('admin'),
  ])
})
afterAll(async () => {
  await api?.close()
  await muster?.close()
  folder.remove()
})

const get = (path: string, token = reader) => api.ask('GET', path, { token })
const identify = async (userName: string) =>
  (await get(`/v1/identities?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)).json().identities[0]

async function finish(id: string): Promise<Run> {
  for (;;) {
    const run = (await get(`/v1/runs/${id}`)).json<Run>()
    if (run.status !== 'running') return run
  }
}

describe('runs', () => {
  it('are started with 202, and followed to their end', async () => {
    const begun = await api.ask('POST', '/v1/sources/hr/runs', { token: operator, body: { kind: 'full' } })
    expect(begun.statusCode).toBe(202)
    const { id, source, kind } = begun.json<Run>()
    expect([begun.headers['location'], source, kind]).toEqual([`/v1/runs/${id}`, 'hr', 'full'])
    expect(await finish(id)).toMatchObject({
      status: 'completed',
      read: { complete: true, entries: people },
      effects: { enrolled: people },
    })
    const [row] = await muster.store.database('runs').where({ id })
    expect(row.requested_by).toEqual({ kind: 'admin', id: 'token:test' })
  })

  it('are joined with 200 while one goes on', async () => {
    const begin = () => api.ask('POST', '/v1/sources/hr/runs', { token: operator, body: {} })
    const answers = await Promise.all([begin(), begin(), begin()])
    const ids = new Set(answers.map((answer) => answer.json<Run>().id))
    const begun = answers.filter(({ statusCode }) => statusCode === 202)
    expect(begun.length).toBe(ids.size)
    for (const id of ids) await finish(id)
  })

  it('are refused for a source that is not there, for changes, and for who may only read', async () => {
    const start = async (source: string, body: object, token = operator) => {
      const answer = await api.ask('POST', `/v1/sources/${source}/runs`, { token, body })
      return answer.json<{ status: number; type: string; detail: string }>()
    }
    expect(await start('hrr', {})).toMatchObject({
      status: 404,
      type: 'urn:muster:problem:source-unknown',
      detail: 'There is no source "hrr". Nearest known: hr.',
    })
    expect(await start('hr', { kind: 'changes' })).toMatchObject({
      status: 400,
      type: 'urn:muster:problem:usage',
      detail: 'Sources of type csv cannot read changes alone: ask for a full run.',
    })
    expect(await start('hr', { kind: 'some' })).toMatchObject({ type: 'urn:muster:problem:invalid-request' })
    expect(await start('hr', {}, reader)).toMatchObject({ status: 403, type: 'urn:muster:problem:forbidden' })
    expect(await start('-', {})).toMatchObject({ status: 404, type: 'urn:muster:problem:not-found' })
  })

  it('that are held wait for a verdict, which only counts once', async () => {
    muster.write('hr', everybody('off'))
    const begun = await api.ask('POST', '/v1/sources/hr/runs', { token: operator, body: {} })
    const held = await finish(begun.json<Run>().id)
    expect(held).toMatchObject({ status: 'held', effects: { held: people * 2 } })
    const path = `/v1/runs/${held.id}`
    expect((await get(`/v1/status`)).json()).toMatchObject({ held: { total: people, runs: [held.id] } })
    expect((await api.ask('POST', `${path}/reject`, { token: reader, body: {} })).statusCode).toBe(403)
    const body = { reason: 'the file was wrong' }
    const rejected = await api.ask('POST', `${path}/reject`, { token: operator, body })
    expect(rejected.json()).toMatchObject({
      status: 'completed',
      effects: { held: 0 },
      brakes: [{ verdict: { kind: 'rejected', by: 'token:test', reason: 'the file was wrong' } }],
    })
    const late = await api.ask('POST', `${path}/approve`, { token: operator, body: {} })
    expect([late.statusCode, late.json().type]).toEqual([409, 'urn:muster:problem:run-not-held'])
    const nobody = await api.ask('POST', `/v1/runs/${newId()}/approve`, { token: operator, body: {} })
    expect(nobody.statusCode).toBe(404)
  })

  it('that are approved take away what they held', async () => {
    muster.write('hr', everybody('on'))
    await finish((await api.ask('POST', '/v1/sources/hr/runs', { token: operator, body: {} })).json().id)
    muster.write('hr', everybody('off'))
    const again = await api.ask('POST', '/v1/sources/hr/runs', { token: operator, body: {} })
    const held = await finish(again.json<Run>().id)
    await api.ask('POST', `/v1/runs/${held.id}/approve`, { token: operator, body: { reason: null } })
    let run = await finish(held.id)
    while (run.status === 'held') run = await finish(held.id)
    expect(run).toMatchObject({ status: 'completed', effects: { rightsRevoked: people, suspended: people } })
    muster.write('hr', everybody())
    await finish((await api.ask('POST', '/v1/sources/hr/runs', { token: operator, body: {} })).json().id)
  })

  it('are listed newest first, by source and status, page by page', async () => {
    const { runs } = (await get('/v1/runs')).json<{ runs: readonly Run[] }>()
    expect(runs.map(({ startedAt }) => startedAt)).toEqual(
      runs
        .map(({ startedAt }) => startedAt)
        .toSorted()
        .reverse(),
    )
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer = await get(`/v1/runs?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const page: { runs: readonly Run[]; nextCursor: string | null } = answer.json()
      paged.push(...page.runs.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(paged).toEqual(runs.map(({ id }) => id))
    expect((await get('/v1/runs?source=desk')).json()).toEqual({ runs: [], nextCursor: null })
    expect((await get('/v1/runs?source=nope')).statusCode).toBe(404)
    expect((await get('/v1/runs?status=held')).json().runs).toEqual([])
    expect((await get(`/v1/runs/${newId()}`)).statusCode).toBe(404)
  })
})

describe('sources, policies and the whole', () => {
  it('show how they stand', async () => {
    const { sources } = (await get('/v1/sources')).json()
    expect(sources).toMatchObject([
      { name: 'desk', state: 'never-read' },
      { name: 'hr', state: 'proved', records: { total: people } },
    ])
    expect((await get('/v1/sources/hr')).json()).toMatchObject({ name: 'hr', notLinked: [] })
    expect((await get('/v1/sources/nope')).statusCode).toBe(404)
    const { policySet, policies } = (await get('/v1/policies')).json()
    expect([policySet, policies.length]).toEqual([expect.stringMatching(/^sha256:/), 1])
    expect((await get('/v1/policies/field')).json()).toEqual(policies[0])
    expect((await get('/v1/policies/none')).statusCode).toBe(404)
    expect((await get('/v1/status')).json()).toMatchObject({
      identities: { total: people, active: people },
      rights: { 'otp-sms': people },
      policySet: { id: policySet },
      temporal: { queue: { pollers: { workflows: 1, activities: 1 } } },
      versions: { muster: '0.0.0-test' },
    })
  })
})

describe('identities', () => {
  it('are listed newest first with a filter, and counted where that is asked', async () => {
    const filter = encodeURIComponent('userName sw "person1" and active eq true')
    const first = (await get(`/v1/identities?filter=${filter}&limit=4&count=true`)).json()
    expect([first.total, first.identities.length]).toEqual([11, 4])
    const second = (await get(`/v1/identities?filter=${filter}&limit=500&cursor=${first.nextCursor}`)).json()
    expect([second.total, second.identities.length, second.nextCursor]).toEqual([null, 7, null])
    const ids = [...first.identities, ...second.identities].map(({ id }: { id: string }) => id)
    expect(ids).toEqual(ids.toSorted().reverse())
    expect(new Set(ids).size).toBe(11)
    expect((await get('/v1/identities')).json()).toMatchObject({ total: null, nextCursor: null })
  })

  it('show records, rights and enrollments, with addresses masked', async () => {
    const { id } = await identify('person7')
    const answer = await get(`/v1/identities/${id}`)
    expect(answer.json()).toMatchObject({
      id,
      userName: 'person7',
      active: true,
      attributes: { emails: [{ value: 'p•••••7@example.org' }] },
      records: [{ source: 'hr', externalId: '7', missingSince: null }],
      rights: [{ factor: 'otp-sms', effective: true, origins: [{ kind: 'policy', policy: 'field' }] }],
      enrollments: [{ factor: 'otp-sms', address: '+49•••••••••07', status: 'active' }],
    })
    expect(answer.body).not.toContain('person7@')
    expect((await get(`/v1/identities/${newId()}`)).statusCode).toBe(404)
    expect((await get('/v1/identities/person7')).statusCode).toBe(404)
  })

  it('reveal addresses to the scope admin, and the look is in the trail', async () => {
    const { id } = await identify('person8')
    const path = `/v1/identities/${id}?reveal=true`
    for (const token of [reader, operator]) expect((await get(path, token)).statusCode).toBe(403)
    expect((await get(path, admin)).json().attributes.emails[0].value).toBe('person8@example.org')
    await get(`/v1/identities/${id}/decision?reveal=true`, admin)
    await get('/v1/enrollments?who=person8&reveal=true', admin)
    const { events } = (await get(`/v1/audit-events?who=${id}`)).json()
    const looks = events.filter(({ action }: { action: string }) => action === 'addresses-revealed')
    expect(looks.map(({ actor }: { actor: object }) => actor)).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'admin', id: 'token:test' })),
    )
  })

  it('are decided and explained without a change', async () => {
    const { id } = await identify('person9')
    const before = (await get(`/v1/identities/${id}`)).json()
    expect((await get(`/v1/identities/${id}/decision`)).json()).toMatchObject({
      identity: id,
      rights: expect.arrayContaining([expect.objectContaining({ factor: 'otp-sms', granted: true })]),
      enrollments: [{ address: '+49•••••••••09', policy: 'field' }],
      reasons: [{ policy: 'field', matched: true }],
    })
    expect((await get(`/v1/identities/${id}`)).json()).toEqual(before)
    expect((await get(`/v1/identities/${newId()}/decision`)).statusCode).toBe(404)
  })

  it('refuse a filter that cannot be used, with the reason, and queries of a wrong form', async () => {
    const wrong = (await get(`/v1/identities?filter=${encodeURIComponent('userNam eq "x"')}`)).json()
    expect(wrong).toMatchObject({ type: 'urn:muster:problem:filter-invalid' })
    expect(wrong.detail).toContain('userName')
    const queries = [
      'limit=0',
      'limit=501',
      'limit=ten',
      'limit=1&limit=2',
      'cursor=x',
      'count=yes',
      'fliter=x',
    ]
    for (const query of queries) {
      const { statusCode, body } = await get(`/v1/identities?${query}`)
      expect([query, statusCode, JSON.parse(body).type]).toEqual([
        query,
        400,
        'urn:muster:problem:invalid-request',
      ])
    }
  })
})

describe('rights by hand', () => {
  it('are granted, denied and cleared by the scope admin, and outlive a run', async () => {
    const { id } = await identify('person10')
    const path = `/v1/identities/${id}/rights/otp-email`
    const put = (body: object, token = admin) => api.ask('PUT', path, { token, body })
    expect((await put({ effect: 'grant' }, operator)).statusCode).toBe(403)
    const until = new Date(Date.now() + 3_600_000).toISOString()
    const before = api.nudges()
    expect((await put({ effect: 'grant', reason: 'travels', until })).json()).toMatchObject({
      factor: 'otp-email',
      effective: true,
      origins: [{ kind: 'manual', by: 'token:test', reason: 'travels', until }],
    })
    expect(api.nudges()).toBe(before + 1)
    await finish((await api.ask('POST', '/v1/sources/hr/runs', { token: operator, body: {} })).json().id)
    expect((await get(`/v1/identities/${id}`)).json().rights).toContainEqual(
      expect.objectContaining({ factor: 'otp-email', effective: true }),
    )
    expect((await put({ effect: 'deny', reason: 'lost the phone' })).json()).toMatchObject({
      effective: false,
      origins: [],
      denials: [{ by: 'token:test', reason: 'lost the phone' }],
    })
    const cleared = await api.ask('DELETE', `${path}?reason=found`, { token: admin })
    expect([cleared.statusCode, cleared.json()]).toMatchObject([200, { effective: false, denials: [] }])
    const events = (await get(`/v1/audit-events?who=person10&oldestFirst=true`)).json().events
    expect(
      events
        .filter(({ action }: { action: string }) => action === 'right-set')
        .map(({ reason, detail }: { reason: string; detail: { effect: string } }) => [reason, detail.effect]),
    ).toEqual([
      ['travels', 'grant'],
      ['lost the phone', 'deny'],
      ['found', 'clear'],
    ])
  })

  it('are refused for an end that is over, an unknown effect, factor or identity', async () => {
    const { id } = await identify('person11')
    const put = async (path: string, body: object) =>
      (await api.ask('PUT', `/v1/identities/${path}`, { token: admin, body })).statusCode
    expect(await put(`${id}/rights/otp-sms`, { effect: 'grant', until: '2020-01-01T00:00:00Z' })).toBe(400)
    expect(await put(`${id}/rights/otp-sms`, { effect: 'allow' })).toBe(400)
    expect(await put(`${id}/rights/otp-fax`, { effect: 'grant' })).toBe(404)
    expect(await put(`${newId()}/rights/otp-sms`, { effect: 'grant' })).toBe(404)
  })
})

describe('lists of everybody', () => {
  it('give enrollments by person and status, with whose they are', async () => {
    const { enrollments, total } = (await get('/v1/enrollments?who=hr:12&count=true')).json()
    expect([total, enrollments]).toMatchObject([
      1,
      [{ identity: { userName: 'person12' }, status: 'active' }],
    ])
    expect((await get('/v1/enrollments?status=locked')).json().enrollments).toEqual([])
    expect((await get('/v1/enrollments?who=nobody')).statusCode).toBe(404)
    expect((await get('/v1/enrollments?status=lost')).statusCode).toBe(400)
  })

  it('give audit events since a time, and pages that join without a gap', async () => {
    const all: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer = await get(`/v1/audit-events?limit=37${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const page: { events: readonly { id: string }[]; nextCursor: string | null } = answer.json()
      all.push(...page.events.map(({ id }) => id))
      cursor = page.nextCursor
    }
    const [counted] = await muster.store.database('audit_events').count<[{ count: string }]>('*')
    expect([all.length, new Set(all).size]).toEqual([Number(counted?.count), Number(counted?.count)])
    const since = new Date(Date.now() + 60_000).toISOString()
    expect((await get(`/v1/audit-events?since=${since}`)).json()).toEqual({ events: [], nextCursor: null })
    expect((await get('/v1/audit-events?since=yesterday')).statusCode).toBe(400)
  })

  it('give messages with their attempts', async () => {
    const { id } = await identify('person13')
    const portal = await api.token('challenge:portal')
    const context = { ip: '203.0.113.7' }
    await api.ask('POST', '/v1/challenges', {
      token: portal,
      body: { identity: { id }, factor: 'otp-sms', context },
    })
    const { deliveries, total } = (await get(`/v1/deliveries?who=${id}&count=true`)).json()
    expect([total, deliveries]).toMatchObject([
      1,
      [{ kind: 'code', channel: 'sms', address: '+49•••••••••13', identity: { userName: 'person13' } }],
    ])
    expect((await get('/v1/deliveries?status=failed')).json().deliveries).toEqual([])
  })
})

describe('tokens', () => {
  it('are made, listed and ended by the scope admin, and shown once', async () => {
    expect((await get('/v1/tokens', operator)).statusCode).toBe(403)
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const body = { name: 'dashboard', scopes: ['read', 'metrics'], expiresAt }
    const made = await api.ask('POST', '/v1/tokens', { token: admin, body })
    expect(made.statusCode).toBe(201)
    const { id, token } = made.json<{ id: string; token: string }>()
    expect((await get('/v1/status', token)).statusCode).toBe(200)
    const listed = await get('/v1/tokens', admin)
    expect(listed.body).not.toContain(token)
    expect(listed.json().tokens[0]).toMatchObject({ id, name: 'dashboard', createdBy: 'admin:token:test' })
    expect((await api.ask('DELETE', `/v1/tokens/${id}?reason=over`, { token: admin })).statusCode).toBe(204)
    expect((await get('/v1/status', token)).statusCode).toBe(401)
    expect((await api.ask('DELETE', `/v1/tokens/${id}`, { token: admin })).statusCode).toBe(404)
    const wrong = [
      { ...body, scopes: [] },
      { ...body, scopes: ['everything'] },
      { ...body, scopes: ['challenge:nobody'] },
      { ...body, expiresAt: '2020-01-01T00:00:00Z' },
    ]
    for (const one of wrong)
      expect((await api.ask('POST', '/v1/tokens', { token: admin, body: one })).statusCode).toBe(400)
  })
})

describe('a path that is known', () => {
  it('answers a method that is not with those that are', async () => {
    for (const method of ['PATCH', 'OPTIONS', 'TRACE', 'QUERY'] as const) {
      const answer = await api.app.inject({ method: method as 'PATCH', url: '/v1/runs' })
      expect([method, answer.statusCode, answer.headers['allow'], answer.json().type]).toEqual([
        method,
        405,
        'GET',
        'urn:muster:problem:method-not-allowed',
      ])
    }
  })
})
