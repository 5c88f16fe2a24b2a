import { randomBytes } from 'node:crypto'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { v7 as newId } from 'uuid'
import { expect } from 'vitest'
import { createToken } from '../../application/tokens/create-token.ts'
import { loadHelp } from '../../bin/compose/help-texts.ts'
import { openLog } from '../../bin/log.ts'
import { MusterError } from '../../domain/error.ts'
import type { Scope } from '../../domain/token.ts'
import type { ApiWorld } from '../../server/api/api-world.ts'
import { listRoutes } from '../../server/api.ts'
import { buildServer, type ServerWorld } from '../../server/app.ts'
import type { Database } from '../../store/database.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import { openTestChallenges, type TestChallenges } from './challenge-world.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Asked {
  /** Default: a token of the trusted client `portal`; null: no token. */
  readonly token?: string | null
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The API on a test database, asked without a socket. */
export interface TestApi extends TestChallenges {
  readonly app: FastifyInstance
  /** Lines that the server logged. */
  readonly logged: string[]
  /** How often the workflows were told that something is due. */
  readonly nudges: () => number
  token(...scopes: Scope[]): Promise<string>
  /** Asks, and sees that the answer is of the schema that /openapi.json promises for it. */
  ask(method: Method, path: string, asked?: Asked): Promise<LightMyRequestResponse>
  close(): Promise<void>
}

export async function openTestApi(
  database: Database,
  changes: Parameters<typeof openTestChallenges>[1] = {},
  parts: Partial<ServerWorld> = {},
  more: Partial<ApiWorld> = {},
): Promise<TestApi> {
  const challenges = openTestChallenges(database, changes)
  const { world } = challenges
  const logged: string[] = []
  let nudges = 0
  const api = {
    challenges: world,
    nudge: () => {
      nudges += 1
    },
    // No Temporal stands behind this server: it says what one says that is not reached.
    runs: {
      start: async () => {
        throw new MusterError('temporal-unavailable', 'Temporal does not answer.', { retryable: true })
      },
      settle: () => undefined,
    },
    describeTemporal: async () => null,
    customAttributes: {},
    version: '0.0.0-test',
    ...more,
  }
  const app = buildServer({
    logger: openLog({ level: 'trace', component: 'test', stream: { write: (line) => logged.push(line) } }),
    checks: [],
    metrics: { readFigures: () => readFigures(database), readPool: () => readPoolFigures(database) },
    help: await loadHelp(),
    api,
    ...parts,
  })
  const routes = listRoutes(api)
  const token = async (...scopes: Scope[]) => {
    const parts = { store: world.store, clock: world.clock, newId: () => newId(), randomBytes }
    const actor = { kind: 'admin', id: 'tester' } as const
    return (await createToken(parts, { name: 'test', scopes, expiresAt: null, actor })).token
  }
  const portal = await token('challenge:portal')
  const check = (method: Method, path: string, answer: LightMyRequestResponse) => {
    const route = routes.find(
      (one) =>
        one.method === method &&
        new RegExp(`^${one.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path.replace(/\?.*/, '')),
    )
    const schema = route?.answers[answer.statusCode]?.schema
    if (schema != null) expect(schema.parse(answer.json())).toEqual(answer.json())
    else if (answer.statusCode >= 400) {
      const { type, status } = answer.json<{ type: string; status: number }>()
      expect([answer.headers['content-type'], status]).toEqual([
        'application/problem+json; charset=utf-8',
        answer.statusCode,
      ])
      const known = [
        'invalid-request',
        'unauthorized',
        'forbidden',
        'client-unknown',
        'usage',
        'unsupported-media-type',
      ]
      expect([...known, ...(route?.problems ?? [])]).toContain(type.replace('urn:muster:problem:', ''))
    }
  }
  return {
    ...challenges,
    app,
    logged,
    nudges: () => nudges,
    token,
    ask: async (method, path, { token: given = portal, body, headers = {} } = {}) => {
      const answer = await app.inject({
        method,
        url: path,
        headers: { ...(given === null ? {} : { authorization: `Bearer ${given}` }), ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      check(method, path, answer)
      return answer
    },
    close: () => app.close(),
  }
}
