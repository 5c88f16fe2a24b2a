import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenAPI3 } from 'openapi-typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateClient } from '../support/generated-client.ts'
import { ensureSchemathesis } from '../support/schemathesis.ts'
import { endForGood, makeFolder, musterJson, startReady, type Up } from './muster-program.ts'

/** What /openapi.json promises, held against the sample organization's own server. */
const folder = makeFolder()
const place = { data: join(folder.path, 'data') }
let up: Up | undefined
let url = ''
let token = ''

beforeAll(async () => {
  const ready = await startReady(place)
  up = ready
  url = ready.stack.server
  const scopes = ['--scope', 'admin', '--scope', 'challenge:demo']
  token = (await musterJson(place, ['token', 'create', 'contract', ...scopes])).token
})
afterAll(async () => {
  await endForGood(up)
  folder.remove()
})

const program = `
import createClient from 'openapi-fetch'
import type { paths } from './api.ts'

export async function use(baseUrl: string, token: string) {
  const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } })
  const query = { filter: 'userName pr and active eq true', limit: 5, count: true }
  const list = await client.GET('/v1/identities', { params: { query } })
  if (list.error !== undefined) throw new Error(list.error.type)
  const [first] = list.data.identities
  if (first === undefined) throw new Error('There is nobody.')
  const total: number | null = list.data.total
  const path = { id: first.id }
  const one = await client.GET('/v1/identities/{id}', { params: { path } })
  const factor = 'otp-sms' as const
  const denied = await client.PUT('/v1/identities/{id}/rights/{factor}', {
    params: { path: { ...path, factor } },
    body: { effect: 'deny', reason: 'a test' },
  })
  const cleared = await client.DELETE('/v1/identities/{id}/rights/{factor}', { params: { path: { ...path, factor } } })
  const run = await client.POST('/v1/sources/{id}/runs', { params: { path: { id: 'hr' } }, body: {} })
  const missing = await client.GET('/v1/runs/{id}', { params: { path: { id: '00000000-0000-7000-8000-000000000000' } } })
  const status = await client.GET('/v1/status')
  return {
    total,
    same: one.data?.userName === first.userName,
    denials: denied.data?.denials.map(({ reason }) => reason),
    cleared: cleared.data?.denials.length,
    run: run.data?.kind,
    missing: missing.error?.type,
    workers: status.data?.temporal?.queue.pollers.workflows,
  }
}
`

describe('a client that is generated from /openapi.json', () => {
  test('compiles under the strictest rules, finds mistakes, and works', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenAPI3
    const client = await generateClient(document)
    try {
      expect(client.check(program)).toEqual([])
      const wrong = program.replace("effect: 'deny'", "effect: 'forbid'").replace('denials.map', 'denial.map')
      expect(client.check(wrong).join(' ')).toMatch(/forbid.*denial/)
      const { use } = (await client.load(program)) as { use(url: string, token: string): Promise<object> }
      expect(await use(url, token)).toEqual({
        total: expect.any(Number),
        same: true,
        denials: ['a test'],
        cleared: 0,
        run: 'full',
        missing: 'urn:muster:problem:not-found',
        workers: 1,
      })
    } finally {
      client.close()
    }
  })
})

describe('schemathesis', () => {
  /** Seconds for which it makes up requests. */
  const budget = 40

  test('finds no 5xx and no answer that is not described', { timeout: 600_000 }, async () => {
    const words = [
      ...['run', `${url}/openapi.json`, '--header', `Authorization: Bearer ${token}`],
      ...['--max-time', String(budget), '--seed', '7', '--no-color', '--no-shrink'],
      // A schema cannot say which filters, times and addresses make sense: those are refused with their own problem.
      ...['--checks', 'all', '--exclude-checks', 'positive_data_acceptance'],
      // It would end its own token.
      ...['--exclude-operation-id', 'revokeToken'],
    ]
    // An address that is too long is refused before anybody reads it.
    writeFileSync(
      join(folder.path, 'schemathesis.toml'),
      '[checks.negative_data_rejection]\nexpected-statuses = ["400", "401", "403", "404", "405", "406", "413", "415", "422", "428", "429", "431", "5xx"]\n',
    )
    // Where it keeps what it learned: nothing of it belongs into the clone.
    const st = spawn(ensureSchemathesis(), words, { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [st.stdout, st.stderr])
      stream.on('data', (chunk) => {
        said += chunk
      })
    const [exitCode] = await once(st, 'close')
    expect(said).toMatch(/Tested: +31/)
    expect(exitCode, said).toBe(0)
  })
})
