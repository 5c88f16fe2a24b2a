import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { v7 as newId } from 'uuid'
import { openKeyRing } from '../../application/key-ring.ts'
import { createToken, revokeToken } from '../../application/tokens/create-token.ts'
import { openScim } from '../../bin/compose/scim-world.ts'
import { openLog } from '../../bin/log.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Scope } from '../../domain/token.ts'
import { buildServer } from '../../server/app.ts'
import type { ScimServerWorld } from '../../server/scim/scim-server-world.ts'
import type { Database } from '../../store/database.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import { openStore, type Store } from '../../store/store.ts'
import { configurationOf } from './scim-host.ts'

/** The media type of SCIM, as every answer has it. */
export const scimMediaType = 'application/scim+json; charset=utf-8'

/** What is asked of the endpoint. */
export interface ScimAsked {
  /** Default: a token of the connection `hr`; null: none. */
  readonly token?: string | null
  /** Sent as JSON; a text or bytes are sent as they are. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer; `body` is undefined where there is none. */
export interface ScimAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what is in an answer is what a test looks at.
  readonly body: any
  readonly text: string
}

export interface EndpointSettings {
  /** Lines of `sources:` beside the usual ones: `hr` and `corp` are tolerant, `strict` is strict, `slow` slow. */
  readonly sources?: string
  /** Of cursors and of what is written. */
  readonly clock?: Clock
  /** What stands between the use cases and PostgreSQL. */
  readonly store?: Store
}

/** `/scim/v2` over real HTTP, for tests of the protocol. */
export interface ScimEndpoint {
  /** Of the server; SCIM is below `/scim/v2`. */
  readonly url: string
  readonly app: FastifyInstance
  readonly world: ScimServerWorld
  /** Lines that the server logged. */
  readonly logged: string[]
  /** How often the workflows were told that something is due. */
  nudges(): number
  token(...scopes: Scope[]): Promise<string>
  revoke(token: string): Promise<void>
  /** Asks a path below `/scim/v2`, and sees that the answer is SCIM's. */
  ask(method: string, path: string, asked?: ScimAsked): Promise<ScimAnswer>
  close(): Promise<void>
}

const plenty = 'rate: { perSecond: 100000, burst: 1000000 }'
const usual = `
  hr: { type: scim, ${plenty}, country: { default: DE } }
  corp: { type: scim, ${plenty} }
  strict: { type: scim, strict: true, ${plenty} }
  slow: { type: scim, rate: { perSecond: 25, burst: 25 } }
  table: { type: csv, file: t.csv, externalId: id, attributes: { userName: login } }`

export async function startScimEndpoint(
  database: Database,
  { sources = '', clock, store: given }: EndpointSettings = {},
): Promise<ScimEndpoint> {
  const store = given ?? openStore(database)
  const configuration = await configurationOf(
    '/muster.yaml',
    `attributes: { badge: { type: string } }\ngroupsFrom: [hr]\nsources:${usual}\n${sources}`,
  )
  let nudges = 0
  const keys = openKeyRing({ active: 'k1', keys: new Map([['k1', randomBytes(32)]]) })
  const opened = openScim({
    configuration,
    store,
    keys,
    nudge: () => {
      nudges += 1
    },
  })
  const world = clock === undefined ? opened : { ...opened, scim: { ...opened.scim, clock } }
  const logged: string[] = []
  const app = buildServer({
    logger: openLog({ level: 'trace', component: 'test', stream: { write: (line) => logged.push(line) } }),
    checks: [],
    metrics: { readFigures: () => readFigures(database), readPool: () => readPoolFigures(database) },
    scim: world,
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const tokens = issueTokens(openStore(database))
  const mine = await tokens.make('scim:hr')
  return {
    url,
    app,
    world,
    logged,
    nudges: () => nudges,
    token: tokens.make,
    revoke: tokens.revoke,
    ask: (method, path, asked = {}) => ask(`${url}/scim/v2${path}`, method, { token: mine, ...asked }),
    close: () => app.close(),
  }
}

function issueTokens(store: Store) {
  const actor = { kind: 'admin', id: 'tester' } as const
  const clock = () => new Date()
  const ids = new Map<string, string>()
  return {
    make: async (...scopes: Scope[]) => {
      const parts = { store, clock, newId: () => newId(), randomBytes }
      const made = await createToken(parts, { name: 'test', scopes, expiresAt: null, actor })
      ids.set(made.token, made.id)
      return made.token
    },
    revoke: (token: string) =>
      revokeToken({ store, clock }, { id: ids.get(token) ?? '', actor, reason: null }),
  }
}

async function ask(
  url: string,
  method: string,
  { token, body, headers = {} }: ScimAsked,
): Promise<ScimAnswer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    redirect: 'manual',
  })
  const text = await answer.text()
  const type = answer.headers.get('content-type')
  if (text !== '' && type !== scimMediaType)
    throw new Error(`${method} was answered ${answer.status} as ${type}.`)
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? undefined : JSON.parse(text),
    text,
  }
}
