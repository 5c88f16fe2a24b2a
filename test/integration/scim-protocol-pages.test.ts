import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newUser } from '../support/scim-resources.ts'

let db: TestDatabase
let endpoint: ScimEndpoint
let now = new Date('2026-11-25T12:00:00Z')

const people = [
  newUser('anna', { title: 'Chef' }),
  newUser('Bert', { active: false, externalId: 'X-1' }),
  newUser('clara', { title: 'chef' }),
  newUser('dora'),
]

beforeAll(async () => {
  db = await createTestDatabase()
  endpoint = await startScimEndpoint(db.database, { clock: () => now })
  for (const body of people) await endpoint.ask('POST', '/Users', { body })
})
afterAll(async () => {
  await endpoint?.close()
  await db?.close()
})

const list = (query: Readonly<Record<string, string>>, place = '/Users') =>
  endpoint.ask('GET', `${place}?${new URLSearchParams(query)}`)
const names = (body: { Resources: { userName: string }[] }) => body.Resources.map(({ userName }) => userName)

describe('order (RFC 7644 section 3.4.2.3)', () => {
  it.each([
    [{ sortBy: 'userName' }, ['anna', 'Bert', 'clara', 'dora']],
    [{ sortBy: 'userName', sortOrder: 'descending' }, ['dora', 'clara', 'Bert', 'anna']],
    [{ sortby: 'USERNAME', sortorder: 'Ascending' }, ['anna', 'Bert', 'clara', 'dora']],
    [{ sortBy: 'externalId' }, ['Bert', 'anna', 'clara', 'dora']],
    [{ sortBy: 'externalId', sortOrder: 'descending' }, ['dora', 'clara', 'anna', 'Bert']],
    [{ sortBy: 'title', attributes: 'userName' }, ['anna', 'clara', 'Bert', 'dora']],
  ] as const)('%j: without a value last, ties by id', async (query, wanted) => {
    expect(names((await list(query)).body)).toEqual(wanted)
  })

  it('by nothing that has an order is 400 invalidValue', async () => {
    for (const sortBy of ['nothing', 'name', '__proto__', 'userName desc'])
      expect((await list({ sortBy })).body).toMatchObject({ status: '400', scimType: 'invalidValue' })
  })
})

describe('pages by index (RFC 7644 section 3.4.2.4)', () => {
  it.each([
    [{ startIndex: '0', count: '2' }, 1, ['anna', 'Bert']],
    [{ startIndex: '-3', count: '1' }, 1, ['anna']],
    [{ startIndex: '3' }, 3, ['clara', 'dora']],
    [{ startIndex: '99' }, 99, []],
    [{ count: '0' }, 1, []],
    [{ count: '-1' }, 1, []],
    [{ count: '100000' }, 1, ['anna', 'Bert', 'clara', 'dora']],
    [{ startindex: '0' }, 1, ['anna', 'Bert', 'clara', 'dora']],
  ])('%j', async (query, startIndex, wanted) => {
    const { body } = await list({ sortBy: 'userName', ...(query as Record<string, string>) })
    expect(body).toMatchObject({ totalResults: 4, startIndex, itemsPerPage: wanted.length })
    expect(names(body)).toEqual(wanted)
    expect(body.nextCursor).toBeUndefined()
  })
})

describe('pages by cursor (RFC 9865)', () => {
  it.each([
    [{}],
    [{ sortBy: 'userName', sortOrder: 'descending' }],
    [{ sortBy: 'title' }],
    [{ sortBy: 'meta.lastModified' }],
    [{ filter: 'userName pr' }],
  ])('%j: every resource once, a cursor on all pages but the last', async (query: Record<string, string>) => {
    const all: string[] = []
    let cursor = ''
    for (let page = 0; page < 5; page += 1) {
      const { status, body } = await list({ ...query, count: '3', cursor })
      expect([status, body.startIndex, body.previousCursor]).toEqual([200, undefined, undefined])
      all.push(...names(body))
      if (body.nextCursor === undefined) break
      expect(body.nextCursor).toMatch(/^[A-Za-z0-9._~-]+$/)
      cursor = body.nextCursor
    }
    expect([...all].sort()).toEqual(['Bert', 'anna', 'clara', 'dora'])
  })

  const first = async (query: Record<string, string> = {}) =>
    (await list({ ...query, count: '2', cursor: '' })).body.nextCursor as string

  it('belong to their query, type, token and connection: invalidCursor (section 5.2)', async () => {
    const cursor = await first()
    const page = { cursor, count: '2' }
    const path = `/Users?${new URLSearchParams(page)}`
    const answers = [
      await list({ ...page, filter: 'active eq true' }),
      await list({ ...page, sortBy: 'userName' }),
      await list(page, '/Groups'),
      await endpoint.ask('GET', path, { token: await endpoint.token('scim:hr') }),
      await endpoint.ask('GET', path, { token: await endpoint.token('scim:corp') }),
      await list({ ...page, cursor: `${cursor.slice(0, -4)}AAAA` }),
      await list({ ...page, cursor: 'made-up' }),
    ]
    for (const { status, body } of answers) expect([status, body.scimType]).toEqual([400, 'invalidCursor'])
    expect((await list(page)).status).toBe(200)
  })

  it('keep the size of their pages: invalidCount (section 2.1)', async () => {
    const { status, body } = await list({ cursor: await first(), count: '3' })
    expect([status, body.scimType]).toEqual([400, 'invalidCount'])
  })

  it('last ten minutes: expiredCursor (section 2.1)', async () => {
    const cursor = await first()
    const before = now
    now = new Date(before.getTime() + 600_001)
    const { status, body } = await list({ cursor, count: '2' })
    now = before
    expect([status, body.scimType]).toEqual([400, 'expiredCursor'])
  })

  it('say the total alone where nothing is wanted', async () => {
    const { status, body } = await list({ cursor: '', count: '0' })
    expect([status, body.totalResults, body.Resources]).toEqual([200, 4, []])
  })

  it('work by .search too, and not beside startIndex', async () => {
    const { body } = await endpoint.ask('POST', '/Users/.search', { body: { cursor: '', count: 2 } })
    const next = await endpoint.ask('POST', '/Users/.search', { body: { cursor: body.nextCursor, count: 2 } })
    expect([next.status, next.body.nextCursor]).toEqual([200, undefined])
    expect((await list({ cursor: '', startIndex: '1' })).status).toBe(400)
  })
})
