import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { openLog } from '../../../bin/log.ts'
import { MusterError } from '../../../domain/error.ts'
import { buildServer, type ServerWorld } from '../../../server/app.ts'
import type { StoreFigures } from '../../../store/read/figures.ts'

const figures: StoreFigures = {
  due: 3,
  dueOldestSeconds: 12.5,
  parked: 5,
  held: 2,
  heldOldestSeconds: 40,
  auditUnsealedSeconds: 30,
  runs: { completed: 4, held: 1 },
  sources: new Map([
    ['corp', { provedAgeSeconds: 60, lastRun: { status: 'completed', ageSeconds: 70, seconds: 9.5 } }],
    ['hr', { provedAgeSeconds: null, lastRun: null }],
  ]),
  deliveries: [{ channel: 'sms', kind: 'code', queued: 3, overdueSeconds: 2 }],
  openBreakers: { enforce: 1 },
  messagesToday: { sms: 7 },
}
const metrics = { readFigures: async () => figures, readPool: () => ({ used: 1, free: 2, waiting: 0 }) }
const logged: string[] = []
const logger = openLog({ level: 'info', component: 'test', stream: { write: (line) => logged.push(line) } })

let app: FastifyInstance | undefined
afterEach(async () => {
  await app?.close()
  app = undefined
  logged.length = 0
})

function serve(parts: Partial<ServerWorld> = {}): FastifyInstance {
  app = buildServer({ checks: [], metrics, logger, ...parts })
  return app
}

describe('health', () => {
  test('says that the process is alive whatever the database does', async () => {
    const server = serve({ checks: [{ name: 'database', check: async () => 'It is gone.' }] })
    const answer = await server.inject('/healthz')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ status: 'alive' })
  })

  test('is ready when everything answers', async () => {
    const names = ['database', 'temporal', 'migrations']
    const server = serve({ checks: names.map((name) => ({ name, check: async () => null })) })
    const answer = await server.inject('/readyz')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      status: 'ready',
      checks: { database: 'ok', temporal: 'ok', migrations: 'ok' },
    })
  })

  test('names what is not ready, and keeps the words of the driver to the log', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED secret-host'), { syscall: 'connect' })
    const server = serve({
      checks: [
        { name: 'database', check: async () => null },
        { name: 'temporal', check: () => Promise.reject(refused) },
        { name: 'migrations', check: async () => 'The schema lacks 0002-more; run muster migrate.' },
      ],
    })
    const answer = await server.inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['content-type']).toMatch('application/problem+json')
    expect(answer.json()).toMatchObject({
      type: 'urn:muster:problem:not-ready',
      status: 503,
      detail: 'Not ready: temporal, migrations.',
      checks: {
        database: 'ok',
        temporal: 'It does not answer.',
        migrations: 'The schema lacks 0002-more; run muster migrate.',
      },
    })
    expect(answer.body).not.toContain('secret-host')
    expect(logged.join('')).toContain('secret-host')
  })
})

describe('metrics', () => {
  test('tell what is due, held, run and proved, and of the process and its pool', async () => {
    const answer = await serve().inject('/metrics')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
    expect(answer.body.split('\n')).toEqual(
      expect.arrayContaining([
        'muster_store_up 1',
        'muster_identities_due 3',
        'muster_identities_due_oldest_seconds 12.5',
        'muster_identities_parked 5',
        'muster_identities_held 2',
        'muster_runs_held_oldest_seconds 40',
        'muster_audit_unsealed_seconds 30',
        'muster_runs{status="completed"} 4',
        'muster_runs{status="failed"} 0',
        'muster_source_proved_age_seconds{source="corp"} 60',
        'muster_source_proved_age_seconds{source="hr"} +Inf',
        'muster_source_last_run_age_seconds{source="corp"} 70',
        'muster_source_last_run_seconds{source="corp"} 9.5',
        'muster_source_last_run_status{source="corp",status="completed"} 1',
        'muster_source_last_run_status{source="corp",status="failed"} 0',
        'muster_deliveries_queued{channel="sms",kind="code"} 3',
        'muster_deliveries_queued{channel="email",kind="notice"} 0',
        'muster_deliveries_overdue_seconds{channel="sms",kind="code"} 2',
        'muster_send_breakers_open{mode="enforce"} 1',
        'muster_messages_today{channel="sms"} 7',
        'muster_messages_today{channel="email"} 0',
        'muster_postgres_pool_connections{state="free"} 2',
      ]),
    )
    expect(answer.body).toMatch(/^process_resident_memory_bytes \d+/m)
  })

  test('forget the figures of a store that no longer answers, and say that it does not', async () => {
    let gone = false
    const readFigures = async () => {
      if (gone) throw new Error('gone')
      return figures
    }
    const server = serve({ metrics: { ...metrics, readFigures } })
    await server.inject('/metrics')
    gone = true
    const answer = await server.inject('/metrics')
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toMatch(/^muster_store_up 0$/m)
    expect(answer.body).not.toMatch(/^muster_(identities|runs|source|send|messages|deliveries|audit)_/m)
  })

  test('count answers by the pattern of the route, never by the path', async () => {
    const server = serve()
    await server.inject('/v1/identities/anna@example.com?filter=anna')
    const answer = await server.inject('/metrics')
    expect(answer.body).toContain('muster_http_requests_total{method="GET",route="none",status="404"} 1')
    expect(answer.body).toContain('muster_http_request_seconds_count{method="GET",route="none"} 1')
    expect(answer.body).toContain('muster_http_problems_total{code="not-found"} 1')
    expect(answer.body + logged.join('')).not.toContain('anna')
    expect(logged.join('')).toContain('"status":404')
  })

  test('ask the store once for scrapers that come together', async () => {
    let asked = 0
    const readFigures = async () => {
      asked++
      return figures
    }
    const server = serve({ metrics: { ...metrics, readFigures } })
    await Promise.all([server.inject('/metrics'), server.inject('/metrics'), server.inject('/metrics')])
    expect(asked).toBe(1)
  })
})

describe('faults', () => {
  test('are problem documents, unknown paths included', async () => {
    const answer = await serve().inject('/nowhere?who=anna')
    expect(answer.statusCode).toBe(404)
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(answer.json()).toMatchObject({
      type: 'urn:muster:problem:not-found',
      title: 'Not Found',
      status: 404,
      requestId: expect.stringMatching(/./),
    })
    expect(answer.body).not.toContain('anna')
  })

  test('of the domain answer with their code and sentence, others with neither', async () => {
    const server = serveFailing()
    const known = await server.inject('/known')
    expect(known.statusCode).toBe(409)
    expect(known.json()).toMatchObject({
      type: 'urn:muster:problem:ambiguous-identity',
      detail: 'twin names 2 identities.',
    })
    const gone = await server.inject('/gone')
    expect([gone.statusCode, gone.headers['retry-after']]).toEqual([503, '5'])
    const foreign = await server.inject('/foreign')
    expect(foreign.statusCode).toBe(500)
    expect(foreign.json()).toMatchObject({ type: 'urn:muster:problem:internal' })
    expect(foreign.body + logged.join('')).not.toContain('anna')
  })

  test('name a body that is too large, broken or of the wrong kind, and a path that cannot be read', async () => {
    const server = serveFailing()
    const post = (payload: string, type: string) =>
      server.inject({ method: 'POST', url: '/body', payload, headers: { 'content-type': type } })
    const large = await post(JSON.stringify('x'.repeat(70_000)), 'application/json')
    expect(large.json()).toMatchObject({ type: 'urn:muster:problem:too-large', status: 413 })
    const broken = await post('{"anna":', 'application/json')
    expect(broken.json()).toMatchObject({ type: 'urn:muster:problem:invalid-request', status: 400 })
    expect(broken.body).not.toContain('anna')
    const wrong = await post('<a/>', 'application/xml')
    expect(wrong.json()).toMatchObject({ type: 'urn:muster:problem:unsupported-media-type', status: 415 })
    const path = await server.inject('/%E0%A4%A')
    expect(path.json()).toMatchObject({ type: 'urn:muster:problem:invalid-request', status: 400 })
  })

  test('come with the headers that forbid framing, sniffing and keeping', async () => {
    const answer = await serve().inject('/nowhere')
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
  })

  /** The same server with routes that fail. */
  function serveFailing(): FastifyInstance {
    const server = serve()
    server.get('/known', async () => {
      throw new MusterError('ambiguous-identity', 'twin names 2 identities.')
    })
    server.get('/gone', async () => {
      throw new MusterError('database-unavailable', 'PostgreSQL does not answer.', { retryable: true })
    })
    server.get('/foreign', async () => {
      throw new Error('duplicate key (anna@example.com)')
    })
    server.post('/body', async () => 'ok')
    return server
  }
})
