import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { describePullSource } from '../contract/pull-source.ts'
import { readAll } from '../support/read-all.ts'
import { asksForUsers, makeCrowd, openPull, type PullChanges, ScimServers } from '../support/scim-pull.ts'
import {
  json,
  makeUser,
  type ScimServer,
  type ScimServerHabits,
  startScimServer,
} from '../support/scim-server.ts'

const servers = new ScimServers()
afterEach(() => servers.close())

describe.each<{ name: string; habits: ScimServerHabits; changes?: PullChanges }>([
  { name: 'pages by index in a stable order', habits: {} },
  { name: 'pages by index and says nothing of itself', habits: { sort: null } },
  {
    name: 'pages by cursor, counts nobody and writes its keys as Entra ID does',
    habits: { paging: 'cursor', counts: false, lowerCase: true },
  },
  { name: 'is asked by POST /.search', habits: {}, changes: { search: true } },
])('a SCIM server that $name', ({ habits, changes }) => {
  const opened = new Map<string, Promise<ScimServer>>()
  const shared = () => {
    const known = opened.get('one') ?? startScimServer(habits)
    opened.set('one', known)
    return known
  }
  afterAll(async () => (await shared()).close())
  let url = ''
  it('listens', async () => {
    url = (await shared()).url
  })

  if (habits.counts !== false)
    describePullSource(
      () => openPull(url, changes),
      () => openPull('http://127.0.0.1:1/scim/v2', { timeouts: { connect: '1s' } }),
    )

  it('is read in pages of any size to the same rows, with groups nested in a circle (RFC 7644 section 3.4.2.4)', async () => {
    const whole = await readAll(openPull(url, changes))
    expect(whole.outcome).toMatchObject({ complete: true, entries: 5 })
    expect(Object.fromEntries(whole.rows.map((row) => [row.attributes.userName, row.groups]))).toEqual({
      anna: ['field', 'staff'],
      bela: ['field', 'staff'],
      cleo: [],
      dora: [],
      emil: [],
    })
    expect(whole.outcome.groups).toEqual({ complete: true, entries: 2, unresolvedMembers: 1 })
    for (const pageSize of [1, 2, 3, 5]) {
      const paged = await readAll(openPull(url, { ...changes, pageSize }))
      expect(paged.rows).toEqual(whole.rows)
      expect(paged.outcome).toMatchObject({ complete: true, entries: 5 })
    }
  })
})

describe('a SCIM source', () => {
  it('asks for pages by cursor where the server offers them (RFC 9865 section 2)', async () => {
    const { server, rows } = await servers.read(
      { users: makeCrowd(25), paging: 'cursor' },
      { pageSize: 10, groups: false },
    )
    const asked = server.requests
      .filter(({ path }) => asksForUsers({ path }))
      .map(({ path }) => new URL(path, server.url).searchParams)
    expect(asked.map((query) => query.get('cursor'))).toEqual(['', 'c10', 'c20'])
    expect(new Set(asked.map((query) => query.get('count')))).toEqual(new Set(['10']))
    expect(rows).toHaveLength(25)
  })

  it('asks a server that tags its description only whether it still holds (RFC 7644 section 3.14)', async () => {
    let [tag, isCursor] = ['W/"1"', true]
    const given: number[] = []
    const server = await servers.start({
      users: makeCrowd(25),
      paging: 'cursor',
      script: ({ path, headers }) => {
        if (path !== '/scim/v2/ServiceProviderConfig') return undefined
        given.push(headers['if-none-match'] === tag ? 304 : 200)
        if (headers['if-none-match'] === tag) return { status: 304, headers: { etag: tag }, body: '' }
        return json(200, { pagination: { cursor: isCursor, index: !isCursor } }, { etag: tag })
      },
    })
    const isAskedByCursor = async () => {
      const before = server.requests.length
      const { outcome } = await readAll(openPull(server.url, { pageSize: 10, groups: false }))
      expect(outcome).toMatchObject({ complete: true, entries: 25 })
      return server.requests
        .slice(before)
        .some((request) => asksForUsers(request) && request.path.includes('cursor=&'))
    }
    expect([await isAskedByCursor(), await isAskedByCursor()]).toEqual([true, true])
    ;[tag, isCursor] = ['W/"2"', false]
    expect([await isAskedByCursor(), await isAskedByCursor()]).toEqual([false, false])
    expect(given).toEqual([200, 304, 200, 304])
  })

  it('follows a cursor that was not asked for', async () => {
    const { outcome } = await servers.read(
      { users: makeCrowd(25), paging: 'cursor', sort: null },
      { pageSize: 10, groups: false },
    )
    expect(outcome).toMatchObject({ complete: true, entries: 25 })
  })

  it('asks for no more than the server gives at once, and takes less than it asked for', async () => {
    const { server, outcome } = await servers.read(
      { users: makeCrowd(25), maxPageSize: 7 },
      { groups: false },
    )
    expect(outcome).toMatchObject({ complete: true, entries: 25 })
    expect(server.requests.at(-1)?.path).toContain('count=7')
    const silent = await servers.read({ users: makeCrowd(25), maxPageSize: 7, sort: null }, { groups: false })
    expect(silent.outcome).toMatchObject({ complete: true, entries: 25, pages: 4 })
  })

  it('reads a server that rounds an index to whole pages', async () => {
    const { outcome } = await servers.read(
      { users: makeCrowd(25), paging: 'rounded' },
      { pageSize: 10, groups: false },
    )
    expect(outcome).toMatchObject({ complete: true, entries: 25 })
  })

  it('keeps queries out of addresses where it is told to search (RFC 7644 section 3.4.3)', async () => {
    const { server } = await servers.read({}, { search: true })
    const asked = server.requests.filter(({ path }) => path.includes('.search'))
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /scim/v2/Groups/.search',
      'POST /scim/v2/Users/.search',
    ])
    expect(JSON.parse(asked[1]?.body ?? '')).toMatchObject({
      startIndex: 1,
      count: 200,
      excludedAttributes: ['groups'],
    })
  })

  it('takes the groups that users name from a server that has none of its own (RFC 7643 section 4.1.2)', async () => {
    const { rows, outcome } = await servers.read({ groups: null })
    expect(rows[0]?.groups).toEqual(['field'])
    expect(rows[1]?.groups).toEqual([])
    expect(outcome).toMatchObject({ complete: true, groups: { complete: true, entries: 1 } })
  })

  it('reads no groups where none are wanted', async () => {
    const { server, rows, outcome } = await servers.read({}, { groups: false })
    expect(outcome.groups).toBeNull()
    expect(new Set(rows.map(({ groups }) => groups))).toEqual(new Set([null]))
    expect(server.requests.some(({ path }) => path.includes('Groups'))).toBe(false)
  })

  it('marks addresses that people edit themselves', async () => {
    const { rows } = await servers.read({}, { trust: { phoneNumbers: 'claimed' } })
    expect(rows[0]?.attributes.phoneNumbers).toEqual([
      { value: '+49 151 2345678', type: 'mobile', trust: 'claimed' },
    ])
    expect(rows[0]?.attributes.emails?.[0]?.trust).not.toBe('claimed')
  })

  it('waits as long as Retry-After says on 429 and 503, and goes on (RFC 6585 section 4)', async () => {
    const refusals = [json(429, {}, { 'retry-after': '0' }), json(503, {}, { 'retry-after': '1' })]
    const { outcome } = await servers.read({
      script: ({ path }) => (asksForUsers({ path }) ? refusals.shift() : undefined),
    })
    expect(outcome).toMatchObject({ complete: true, entries: 5 })
    expect(refusals).toEqual([])
  })

  it('asks again on a connection that was closed under it', async () => {
    const drops: ('drop' | undefined)[] = ['drop', 'drop']
    const { outcome } = await servers.read({
      script: ({ path }) => (asksForUsers({ path }) ? drops.shift() : undefined),
    })
    expect(outcome.complete).toBe(true)
  })

  it('reads groups and people again when somebody came between two pages, and gives nobody twice', async () => {
    let moves = 2
    const { rows, outcome } = await servers.read(
      {
        users: makeCrowd(30),
        script: ({ path }, server) => {
          if (/startIndex=(10|11)/.test(path) && moves-- > 0)
            server.users = [makeUser(`new${moves}`), ...server.users]
          return undefined
        },
      },
      { pageSize: 10, groups: false },
    )
    expect(outcome).toMatchObject({ complete: true, entries: 32 })
    expect(new Set(rows.map(({ externalId }) => externalId)).size).toBe(rows.length)
    expect(rows).toHaveLength(32)
  })

  it('notices one who left and one who came while the count stayed the same', async () => {
    let swapped = false
    const { outcome, server } = await servers.read(
      {
        users: makeCrowd(30),
        script: ({ path }, server) => {
          if (!swapped && /startIndex=10/.test(path)) {
            swapped = true
            server.users = [...server.users.slice(1), makeUser('zeta')]
          }
          return undefined
        },
      },
      { pageSize: 10, groups: false },
    )
    expect(outcome).toMatchObject({ complete: true, entries: 30 })
    expect(server.requests.filter(({ path }) => /startIndex=1&/.test(path))).toHaveLength(2)
  })
})
