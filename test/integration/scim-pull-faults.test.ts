import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { makeAuthority } from '../support/certificates.ts'
import { readAll } from '../support/read-all.ts'
import { asksForUsers, openPull, type PullChanges, ScimServers } from '../support/scim-pull.ts'
import {
  json,
  makeUser,
  organizationUsers,
  type ScimServer,
  type ScimServerHabits,
  scimClient,
} from '../support/scim-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-scim-'))
afterAll(() => rmSync(folder, { recursive: true }))

const servers = new ScimServers()
afterEach(() => servers.close())

describe('a SCIM server that cannot be believed gives no proof', () => {
  const users = (answer: Extract<ScimServerHabits['script'], object>): ScimServerHabits => ({
    script: (request, server) => (asksForUsers(request) ? answer(request, server) : undefined),
  })

  it.each<[string, ScimServerHabits, string, RegExp]>([
    ['refuses the token', users(() => json(401, {})), 'unauthorized', /does not accept the token/],
    ['lets nobody read users', users(() => json(403, {})), 'access-denied', /may not read/],
    ['has no users', users(() => json(404, {})), 'base-not-found', /no \/Users/],
    [
      'wants to be left alone',
      users(() => json(429, {}, { 'retry-after': '3600' })),
      'rate-limited',
      /fewer/,
    ],
    [
      'fails',
      users(() => json(500, { scimType: 'tooMany', detail: 'anna' })),
      'server-error',
      /500, tooMany$/,
    ],
    [
      'leads elsewhere',
      users(() => json(302, {}, { location: 'https://example.org/' })),
      'redirected',
      /elsewhere/,
    ],
    ['hangs up', users(() => 'drop'), 'closed', /closed/],
    ['says nothing', users(() => 'hang'), 'silent', /timeouts\.idle/],
    [
      'ends too early',
      users(() => ({ status: 200, body: '{"totalResults":2,"Resources":[{"id"' })),
      'malformed',
      /ends too early/,
    ],
    [
      'answers with a page for people',
      users(() => ({ status: 200, body: '<html>' })),
      'malformed',
      /no JSON/,
    ],
    ['answers with a list that is none', users(() => json(200, { Resources: {} })), 'malformed', /no list/],
    ['answers with an object that is no list', users(() => json(200, {})), 'malformed', /no list/],
    ['sends more than can be', users(() => json(200, { more: 'x'.repeat(70_000) })), 'too-large', /65536/],
    [
      'counts more than it gives',
      users(() => json(200, { totalResults: 9, Resources: organizationUsers })),
      'paging-repeated',
      /twice/,
    ],
    [
      'stops before the end',
      {
        ...users(({ path }) =>
          path.includes('startIndex=1&')
            ? json(200, { totalResults: 9, Resources: organizationUsers })
            : json(200, { totalResults: 9, Resources: [] }),
        ),
        sort: null,
      },
      'paging-dropped',
      /counts 9, and 5 came/,
    ],
    [
      'gives one page for ever',
      users(() => json(200, { Resources: organizationUsers })),
      'paging-repeated',
      /twice/,
    ],
    [
      'leads in a circle',
      users(() => json(200, { nextCursor: 'again', Resources: [] })),
      'paging-repeated',
      /circle/,
    ],
    [
      'gives cursors for ever',
      users(({ path }) => json(200, { nextCursor: `${path.length}${Math.random()}`, Resources: [] })),
      'paging-repeated',
      /circle/,
    ],
    ['forgets its cursor', users(() => json(400, { scimType: 'expiredCursor' })), 'moved', /expiredCursor/],
    [
      'never stands still',
      users(() =>
        json(200, {
          totalResults: Math.floor(Math.random() * 1e9) + 10,
          Resources: [makeUser(`x${Math.random()}`)],
        }),
      ),
      'moved',
      /at first/,
    ],
  ])('when it %s', async (_, habits, code, message) => {
    const changes = { timeouts: { idle: '1s', connect: '1s' }, answerLimit: 65_536, groups: false }
    const { outcome } = await servers.read(habits, changes)
    expect(outcome).toMatchObject({ complete: false, why: { code, message: expect.stringMatching(message) } })
    expect(JSON.stringify(outcome)).not.toContain('anna')
  })

  it('when nobody is there, unless that can be right', async () => {
    expect((await servers.read({ users: [] }, { groups: false })).outcome.why).toMatchObject({
      code: 'empty',
    })
    const { outcome } = await servers.read({ users: [] }, { groups: false, allowEmpty: true })
    expect(outcome).toMatchObject({ complete: true, entries: 0 })
  })

  it('when it takes longer than a read may', async () => {
    const { outcome } = await servers.read(
      users(() => 'hang'),
      { timeouts: { deadline: '1s' }, groups: false },
    )
    expect(outcome.why).toMatchObject({ code: 'deadline' })
  })

  it('when its groups cannot be read: nobody is, or people with groups that are not known', async () => {
    const habits = {
      script: ({ path }: { path: string }) => (path.includes('/Groups') ? json(403, {}) : undefined),
    }
    const stopped = await servers.read(habits)
    expect(stopped.rows).toEqual([])
    expect(stopped.outcome).toMatchObject({ why: { code: 'access-denied' }, groups: { complete: false } })
    const server = await servers.start(habits)
    const kept = await readAll(openPull(server.url), { unknownGroups: 'kept' })
    expect(kept.rows.map(({ groups }) => groups)).toEqual([null, null, null, null, null])
    expect(kept.outcome.complete).toBe(false)
  })

  it.each<[string, ScimServerHabits['groups'], string]>([
    ['there is none', [], 'empty'],
    ['none shows a member', [{ id: 'g1', displayName: 'one' }], 'empty'],
    ['one has no name', [{ id: 'g1', members: [] }], 'missing-id'],
    ['one holds what no database takes', [{ id: 'g1', displayName: 'a\u0000b' }], 'undecodable'],
    ['a member has no id', [{ id: 'g1', displayName: 'one', members: [{}] }], 'malformed'],
  ])('of its groups when %s', async (_, groups, code) => {
    expect((await servers.read({ groups: groups ?? [] })).outcome.why).toMatchObject({ code })
  })

  it('reports users that cannot be used by their ids, and the others count', async () => {
    const bad = [
      { ...makeUser('noname'), userName: {} },
      { userName: 'no-id' },
      makeUser('nul', { displayName: 'a\u0000b' }),
      { ...makeUser('deep'), title: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) },
      7,
    ] as never[]
    const { rows, outcome } = await servers.read({ users: [...organizationUsers, ...bad] }, { groups: false })
    expect(rows).toHaveLength(5)
    expect(outcome).toMatchObject({ complete: false, entries: 10, problemCount: 5 })
    expect(outcome.problems.map(({ where, code }) => `${where} ${code}`)).toEqual([
      'u-noname bad-row',
      'user 7 missing-id',
      'u-nul bad-row',
      'u-deep bad-row',
      'user 10 missing-id',
    ])
  })
})

describe('a SCIM server behind OAuth 2.0 (RFC 6749 section 4.4)', () => {
  const credentials = (server: ScimServer, changes: PullChanges = {}) => ({
    auth: { clientCredentials: { tokenUrl: server.tokenUrl, ...scimClient, scope: 'scim.read', ...changes } },
  })

  it.each(['header', 'body'])('gives a token to a client that names itself in the %s', async (send) => {
    const server = await servers.start()
    const { outcome } = await readAll(openPull(server.url, credentials(server, { send })))
    expect(outcome.complete).toBe(true)
    const asked = server.requests.filter(({ path }) => path === '/token')
    expect(asked).toHaveLength(1)
    expect(new URLSearchParams(asked[0]?.body).get('scope')).toBe('scim.read')
  })

  it('is asked for another token once when one has ended before its time', async () => {
    let refused = false
    const server = await servers.start({
      script: ({ path }) => {
        if (!asksForUsers({ path }) || refused) return undefined
        refused = true
        return json(401, {})
      },
    })
    const { outcome } = await readAll(openPull(server.url, credentials(server)))
    expect(outcome.complete).toBe(true)
    expect(server.requests.filter(({ path }) => path === '/token')).toHaveLength(2)
  })

  it('refuses a client in a word of its own, and repeats nothing else', async () => {
    const server = await servers.start()
    const { outcome } = await readAll(openPull(server.url, credentials(server, { clientSecret: 'wrong' })))
    expect(outcome.why?.code).toBe('unauthorized')
    expect(outcome.why?.message).toMatch(/gives no token/)
    expect(JSON.stringify(outcome)).not.toMatch(/anna|wrong/)
  })

  it.each([
    [302, 'redirected'],
    [500, 'server-error'],
  ])('cannot give one when it answers %i', async (status, code) => {
    const server = await servers.start({
      script: ({ path }) => (path === '/token' ? json(status, {}) : undefined),
    })
    const { outcome } = await readAll(openPull(server.url, credentials(server)))
    expect(outcome.why?.code).toBe(code)
  })
})

describe('a SCIM server with TLS', () => {
  const authority = makeAuthority(folder)
  const serve = async (days: number) => {
    const { cert, key } = authority.issue('127.0.0.1', days)
    return servers.start({ tls: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } })
  }

  it('is read where its authority is trusted, and not elsewhere', async () => {
    const server = await serve(10)
    expect((await readAll(openPull(server.url, { tls: { ca: authority.ca } }))).outcome.complete).toBe(true)
    expect((await readAll(openPull(server.url))).outcome.why).toMatchObject({ code: 'tls-failed' })
    const { message } = await openPull(server.url).test(new AbortController().signal)
    expect(message).toMatch(/cannot be trusted/)
  })

  it('is not read with a certificate that has expired', async () => {
    const server = await serve(-1)
    const { outcome } = await readAll(openPull(server.url, { tls: { ca: authority.ca } }))
    expect(outcome.why).toMatchObject({
      code: 'tls-failed',
      message: expect.stringContaining('CERT_HAS_EXPIRED'),
    })
  })

  it('is not read when the file of its authority is not there', async () => {
    const { outcome } = await servers.read({}, { tls: { ca: 'nowhere.pem' } })
    expect(outcome.why).toMatchObject({ code: 'tls-failed', message: expect.stringContaining('tls.ca') })
  })
})
