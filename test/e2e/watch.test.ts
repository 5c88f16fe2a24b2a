// Longer than 300 lines: one scrape and one collector serve every test.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { type LocalServer, startLocalServer } from '../support/http-requests.ts'
import { writeProduction } from '../support/production.ts'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'
import { readWatchFiles } from '../support/watch-files.ts'
import '../support/provided.ts'
import {
  endForGood,
  makeFolder,
  musterJson,
  type Place,
  startProcess,
  type Up,
  waitFor,
  waitUntilSaid,
} from './muster-program.ts'

/** A server and a worker that work, watched by everything that they offer: log, metrics, and traces to a collector. */
const folder = makeFolder()
const name = `watch_${process.pid}`
const started: Up[] = []
let admin: Client
let smtp: SmtpServer
let collector: LocalServer
let place: Place
let [server, worker]: [Up | undefined, Up | undefined] = [undefined, undefined]
let [serverUrl, workerUrl, token] = ['', '', '']
/** The text of both answers to /metrics, after all that happened. */
let exposed = ''
const runsRead = /^temporal_activity_execution_latency(_seconds)?_count\{.*activity_type="readSource".*\} 1$/m
const typed: string[] = []

/** What a caller is in when it calls, with what must not go on from there. */
const callerTrace = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceHeaders = {
  traceparent: `00-${callerTrace}-00f067aa0ba902b7-01`,
  tracestate: 'crm=person3@example.org',
  baggage: 'person=person3@example.org',
}

interface ExportedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly service: string
  readonly attributes: Readonly<Record<string, string | number>>
}

beforeAll(async () => {
  admin = new Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const databaseUrl = new URL(`/${name}`, inject('postgresUrl')).href
  await registerNamespace(inject('temporalAddress'), name)
  smtp = await startSmtpServer()
  collector = await startLocalServer(() => ({ status: 200, body: '{}' }))
  const home = join(folder.path, 'home')
  mkdirSync(home)
  const config = writeProduction({
    folder: home,
    databaseUrl,
    temporalAddress: inject('temporalAddress'),
    namespace: name,
    people: 120,
    smtpPort: smtp.port,
  })
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    MUSTER_LOG_LEVEL: 'trace',
  }
  place = { data: join(home, 'data'), config, env }
  await musterJson(place, ['migrate'])
  server = begin('server')
  worker = begin('worker')
  serverUrl = await addressOf(server, 'Ready.')
  workerUrl = await addressOf(worker, 'Health is answered here.')
  await waitUntilSaid(worker, 'Polling.')
  await work()
  // Temporal's are taken over once a second, and all this may take less.
  await waitFor('the metrics of Temporal', async () => {
    exposed = await scrape()
    return runsRead.test(exposed) && /^temporal_activity_execution_failed\{/m.test(exposed)
  })
})
afterAll(async () => {
  for (const one of started) await endForGood(one)
  await collector?.close()
  await smtp?.close()
  await admin?.query(`drop database if exists ${name} with (force)`)
  await admin?.end()
  folder.remove()
})

function begin(...words: readonly string[]): Up {
  const up = startProcess(place, ...words)
  started.push(up)
  return up
}

const linesOf = (up: Up | undefined) => (up?.err() ?? '').split('\n').filter((line) => line.startsWith('{'))

async function addressOf(up: Up, words: string): Promise<string> {
  await waitUntilSaid(up, words)
  return JSON.parse(linesOf(up).find((line) => line.includes(words)) ?? '{}').address
}

async function ask(method: string, path: string, body?: object, more: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`${serverUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: JSON.parse((await answer.text()) || 'null') }
}

const person = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: 'pushed7',
  emails: [{ value: 'pushed7@example.org', type: 'work' }],
}

/** A run, a push, a code that is mistyped and typed, what is refused, and what is not there. */
async function work(): Promise<void> {
  await musterJson(place, ['policies', 'load'])
  const make = async (scopes: string) =>
    (await musterJson(place, ['token', 'create', 'watcher', '--scope', scopes])).token
  token = await make('operate,metrics,challenge:portal')
  const pushing = { authorization: `Bearer ${await make('scim:agency')}` }
  const run = await ask('POST', '/v1/sources/hr/runs', { kind: 'full' }, traceHeaders)
  expect(run.status, JSON.stringify(run.body)).toBeLessThan(300)
  await waitFor('the run', async () => {
    const { status } = (await ask('GET', `/v1/runs/${run.body.id}`)).body
    return status === 'completed'
  })
  expect((await ask('POST', '/scim/v2/Users', person, pushing)).status).toBe(201)
  expect((await ask('POST', '/scim/v2/Users', person, pushing)).status).toBe(409)
  const context = { ip: '203.0.113.7', userAgent: 'test' }
  const wanted = { identity: { userName: 'person7' }, factor: 'otp-email', context }
  const challenge = (await ask('POST', '/v1/challenges', wanted)).body
  await waitFor('the mail', () => smtp.mails.length > 0)
  const text =
    smtp.mails[0]?.raw
      .split(/\r?\n\r?\n/)
      .slice(1)
      .join('\n') ?? ''
  const code = /\b\d{6}\b/.exec(text)?.[0] ?? ''
  const wrong = code === '000000' ? '000001' : '000000'
  typed.push(code)
  expect((await ask('POST', `/v1/challenges/${challenge.id}/verify`, { code: wrong })).status).toBe(422)
  expect((await ask('POST', `/v1/challenges/${challenge.id}/verify`, { code })).status).toBe(200)
  expect((await ask('GET', '/v1/nowhere?who=person9@example.org')).status).toBe(404)
  await ask('GET', `/v1/identities?filter=${encodeURIComponent('userName eq "person9"')}`)
  await breakAnActivity(pushing)
}

/** A table that is away while somebody is decided: the worker tells of it, in its log and in its metrics. */
async function breakAnActivity(pushing: Readonly<Record<string, string>>): Promise<void> {
  const client = new Client({ connectionString: new URL(`/${name}`, inject('postgresUrl')).href })
  await client.connect()
  try {
    await client.query('alter table parked_effects rename to parked_elsewhere')
    expect((await ask('POST', '/scim/v2/Users', { ...person, userName: 'pushed8' }, pushing)).status).toBe(
      201,
    )
    await waitUntilSaid(worker as Up, 'An activity failed.')
  } finally {
    await client.query('alter table parked_elsewhere rename to parked_effects')
    await client.end()
  }
}

async function scrape(): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  const texts = await Promise.all(
    [serverUrl, workerUrl].map(async (url) => (await fetch(`${url}/metrics`, { headers })).text()),
  )
  return texts.join('\n')
}

/** Everything that the collector has been sent. */
function spans(): readonly ExportedSpan[] {
  return collector.requests.flatMap(({ body }) =>
    JSON.parse(body).resourceSpans.flatMap((one: OtlpResourceSpans) => {
      const service = valuesOf(one.resource.attributes)['service.name']
      return one.scopeSpans.flatMap(({ spans: given }) =>
        given.map((span) => ({ ...span, service, attributes: valuesOf(span.attributes) })),
      )
    }),
  )
}

interface OtlpAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, string | number>>
}

interface OtlpResourceSpans {
  readonly resource: { readonly attributes: readonly OtlpAttribute[] }
  readonly scopeSpans: readonly {
    readonly spans: readonly { readonly attributes: readonly OtlpAttribute[] }[]
  }[]
}

function valuesOf(attributes: readonly OtlpAttribute[]): Record<string, string | number> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']))
}

describe('a trace', () => {
  test('goes from the caller through the server, the workflow and its activities to the statements', async () => {
    const wanted = ['RunWorkflow:reconcileSource', 'RunActivity:readSource', 'RunActivity:finishRun']
    const traced = () => spans().filter(({ traceId }) => traceId === callerTrace)
    await waitFor('the spans', () => wanted.every((one) => traced().some((span) => span.name === one)))
    const trace = traced()
    const byId = new Map(trace.map((span) => [span.spanId, span]))
    const wayOf = (span: ExportedSpan | undefined): string[] =>
      span === undefined ? [] : [span.name, ...wayOf(byId.get(span.parentSpanId ?? ''))]
    const activity = trace.find((span) => span.name === 'RunActivity:readSource')
    expect(activity?.service).toBe('muster-worker')
    expect(wayOf(activity)).toEqual([
      'RunActivity:readSource',
      'StartActivity:readSource',
      'RunWorkflow:reconcileSource',
      'StartWorkflow:reconcileSource',
      'POST /v1/sources/:id/runs',
    ])
    const request = trace.find((span) => span.name.startsWith('POST '))
    expect(request).toMatchObject({ service: 'muster-server', parentSpanId: '00f067aa0ba902b7' })
    expect(request?.attributes).toMatchObject({ 'http.route': '/v1/sources/:id/runs' })
    const statements = trace.filter(({ attributes }) => attributes['db.system.name'] === 'postgresql')
    expect(statements.some(({ parentSpanId }) => parentSpanId === request?.spanId)).toBe(true)
    const copies = statements.filter((span) => span.name === 'COPY')
    expect(copies.length).toBeGreaterThan(0)
    expect(wayOf(copies[0])).toContain('RunWorkflow:reconcileSource')
  })

  test('of a code that is asked for holds its request and its statements, and each line of the log names its trace', async () => {
    const find = () => spans().find((span) => span.name === 'POST /v1/challenges')
    await waitFor('the span', () => find() !== undefined)
    const inserted = spans().filter(
      ({ traceId, attributes }) =>
        traceId === find()?.traceId && /insert into challenges/.test(String(attributes['db.query.text'])),
    )
    expect(inserted).not.toEqual([])
    const line = linesOf(server).find((one) => one.includes('"route":"/v1/challenges"'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ trace: find()?.traceId })
  })

  test('is made of requests and work alone: not of health, metrics, or looks that nobody asked for', () => {
    const names = spans().map((span) => span.name)
    expect(names.filter((one) => /healthz|readyz|metrics/.test(one))).toEqual([])
    const roots = spans().filter(({ parentSpanId }) => (parentSpanId ?? '') === '')
    expect(roots.filter(({ attributes }) => attributes['db.system.name'] !== undefined)).toEqual([])
  })
})

describe('metrics', () => {
  const sampleOf = (line: string) =>
    exposed
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.slice(line.length + 1)

  test('count what was done: effects, runs, challenges, messages and problems', () => {
    // The two who were pushed may be decided by now.
    expect(sampleOf('muster_effects_applied_total{op="enroll",actor="policy"}')).toMatch(/^12[0-2]$/)
    expect(sampleOf('muster_audit_events_total{action="scim-user-created"}')).toBe('2')
    expect(sampleOf('muster_runs_ended_total{source="hr",status="completed"}')).toBe('1')
    const challenge = 'muster_challenges_total{factor="otp-email",purpose="authentication"'
    expect(sampleOf(`${challenge},outcome="created"}`)).toBe('1')
    expect(sampleOf(`${challenge},outcome="passed"}`)).toBe('1')
    expect(sampleOf('muster_deliveries_total{channel="email",connector="smtp",outcome="sent",code=""}')).toBe(
      '1',
    )
    expect(sampleOf('muster_http_problems_total{code="invalid-code"}')).toBe('1')
    expect(sampleOf('muster_source_last_run_status{source="hr",status="completed"}')).toBe('1')
    expect(sampleOf('muster_log_fields_dropped_total')).toBe('0')
    expect(exposed).toMatch(runsRead)
  })

  test('are few: no label holds a person, and no metric has more than a few hundred series', () => {
    const series = exposed.split('\n').filter((line) => /^[a-z]/.test(line))
    const counts = new Map<string, number>()
    for (const line of series) {
      const metric = line.split(/[{ ]/)[0] ?? ''
      counts.set(metric, (counts.get(metric) ?? 0) + 1)
    }
    expect([...counts].filter(([, count]) => count > 400)).toEqual([])
    expect(series.length).toBeLessThan(4000)
  })

  test('that alerts and dashboard ask for are there, with the labels that they ask for', () => {
    const { expressions, faults } = readWatchFiles(exposed)
    expect(expressions).toBeGreaterThan(40)
    expect(faults).toEqual([])
  })
})

test('no log of server or worker, no metric and no trace holds an address, a login or a code', () => {
  const logs = [...linesOf(server), ...linesOf(worker)]
  expect(logs.length).toBeGreaterThan(20)
  for (const said of [logs.join('\n'), exposed, collector.requests.map(({ body }) => body).join('\n')]) {
    expect(said.length).toBeGreaterThan(1000)
    expect(said.match(/(?:person|pushed)\d+|@example\.org/)?.[0]).toBeUndefined()
  }
  // Six digits are in many an id: a code is looked for as a word, where words are.
  for (const code of typed) {
    expect(logs.filter((line) => new RegExp(`\\b${code}\\b`).test(line))).toEqual([])
    expect(
      spans().filter((span) => JSON.stringify([span.name, span.attributes]).includes(`"${code}"`)),
    ).toEqual([])
  }
})
