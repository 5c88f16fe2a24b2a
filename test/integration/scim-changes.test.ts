// Longer than 300 lines: people and groups change on one scripted server, by the same steps.
import { v7 as newId } from 'uuid'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MergeWorld } from '../../application/merge-rows.ts'
import { stageRead } from '../../application/stage-read.ts'
import type { PullSource } from '../../connectors/connector.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { derivation, mergeWorld } from '../support/merge-world.ts'
import { openPull, type PullChanges, ScimServers } from '../support/scim-pull.ts'
import {
  json,
  makeUser,
  type ScimResource,
  type ScimServer,
  type ScimServerHabits,
} from '../support/scim-server.ts'

let test: TestDatabase
let world: MergeWorld
const servers = new ScimServers()

beforeAll(async () => {
  test = await createTestDatabase()
  const own = { ...derivation, deciding: new Set(['cloud']), correlate: new Map([['cloud', ['userName']]]) }
  world = mergeWorld(test.database, { derivation: own })
})
afterAll(() => test.close())
beforeEach(async () => {
  await test.database.raw(
    'truncate source_records, correlation_keys, identities, identity_states, runs, sources',
  )
})
afterEach(() => servers.close())

const day = 86_400_000
const minute = 60_000
/** The clock of a server that was set long ago: what happened since then is told in minutes. */
const longAgo = Date.now() - 30 * day
const meta = (after: number, start = longAgo) => ({
  meta: { lastModified: new Date(start + after * minute).toISOString() },
})
const person = (name: string, after: number, more: ScimResource = {}) =>
  makeUser(name, { ...meta(after), ...more })
const group = (name: string, after: number, ...members: readonly string[]): ScimResource => ({
  id: `g-${name}`,
  displayName: name,
  members: members.map((member) => ({ value: `u-${member}` })),
  ...meta(after),
})

/** Ann and Ben for a day already, Cy for a month. */
const people = [person('ann', 0), person('ben', -day / minute), person('cy', (-30 * day) / minute)]
const noGroups: PullChanges = { groups: false }

async function run(source: PullSource, kind: 'full' | 'changes' = 'changes') {
  const { store, clock } = world
  const id = newId()
  await store.runs.keepSources(store.database, [{ name: 'cloud', type: 'scim-pull' }])
  const requestedBy = { kind: 'system', id: 'test' } as const
  const begun = { id, source: 'cloud', kind, requestedBy, workflowId: null, policySet: null }
  await store.runs.insertRun(store.database, begun, clock())
  const { signal } = new AbortController()
  const { mapping, bringsGroups, changes } = source
  const outcome = await stageRead(world, {
    runId: id,
    source: 'cloud',
    mapping,
    bringsGroups,
    rows: (recognise) => source.readAll({ signal, recognise, unknownGroups: 'kept' }),
    ...(changes && {
      changes: { place: changes.place, rows: (mark) => changes.readChanges(mark, { signal }) },
    }),
    onStaged: () => undefined,
  })
  await store.runs.endRun(store.database, id, 'completed', clock())
  const row = await store.runs.readRun(store.database, id)
  return { outcome, kind: row?.kind, records: row?.records ?? {} }
}

async function start(habits: ScimServerHabits = {}, changes: PullChanges = noGroups) {
  const server = await servers.start({ users: people, ...habits })
  return { server, source: openPull(server.url, changes) }
}

async function records(): Promise<
  Record<string, { active: boolean; title: unknown; missing: boolean; groups: unknown }>
> {
  const rows = await test.database('source_records').orderBy('external_id')
  return Object.fromEntries(
    rows.map(({ external_id, active, attributes, missing_since, groups }) => [
      String(external_id).slice(2),
      { active, title: attributes.title, missing: missing_since !== null, groups },
    ]),
  )
}

const groupsOfAll = async () =>
  Object.fromEntries(Object.entries(await records()).map(([name, { groups }]) => [name, groups]))

const askedFor = ({ requests }: ScimServer, part: string) =>
  requests.filter(({ path, body }) => decodeURIComponent(path).includes(part) || body.includes(part))

describe.each<{ how: string; habits: ScimServerHabits; changes: PullChanges }>([
  { how: 'in pages by index', habits: {}, changes: { pageSize: 2 } },
  {
    how: 'by cursor, without a count',
    habits: { paging: 'cursor', counts: false },
    changes: { pageSize: 2 },
  },
  { how: 'by POST /.search', habits: {}, changes: { search: true } },
  { how: 'of a server that says nothing of itself', habits: { sort: null }, changes: {} },
])('changes, read $how', ({ habits, changes }) => {
  it('show who was changed, who came and who was switched off', async () => {
    const { server, source } = await start(habits, { ...noGroups, ...changes })
    expect(await run(source, 'full')).toMatchObject({ outcome: { complete: true, entries: 3 } })
    server.users = [
      person('ann', 60, { title: 'Lead' }),
      person('ben', 61, { active: false }),
      person('cy', (-30 * day) / minute),
      person('dee', 62),
    ]
    expect(await run(source)).toMatchObject({
      kind: 'changes',
      outcome: { complete: true, entries: 3 },
      records: { added: 1, changed: 2, unchanged: 0, missing: 0 },
    })
    expect(await records()).toMatchObject({
      ann: { title: 'Lead' },
      ben: { active: false },
      cy: { active: true },
      dee: { active: true },
    })
    const since = new Date(longAgo - 15 * minute - minute).toISOString().slice(0, 13)
    expect(askedFor(server, `meta.lastModified gt ${changes['search'] ? '\\' : ''}"${since}`)).not.toEqual([])
  })
})

describe('a read of changes', () => {
  it('does not see who is gone; a read of everything does', async () => {
    const { server, source } = await start()
    await run(source, 'full')
    server.users = server.users.slice(1)
    expect((await run(source)).records).toMatchObject({ missing: 0 })
    expect(await records()).toMatchObject({ ann: { missing: false } })
    expect((await run(source, 'full')).records).toMatchObject({ missing: 1 })
    // And who is found again is not missing, in any read.
    server.users = [...people]
    expect((await run(source)).records).toMatchObject({ missing: 0, returned: 1 })
  })

  it('reads everything where no proved read has been, and says so by its kind', async () => {
    const { source } = await start()
    expect(await run(source)).toMatchObject({ kind: 'full', outcome: { entries: 3 } })
    const proved = await test.database('sources').first()
    expect(proved).toMatchObject({ last_proved_at: expect.any(Date), changes_mark: expect.any(String) })
    expect(await run(source)).toMatchObject({ kind: 'changes', outcome: { entries: 1 } })
    // It proves nothing of the source.
    expect(await test.database('sources').first()).toMatchObject({ last_proved_at: proved.last_proved_at })
  })

  it('begins where the one before had ended, in another process too', async () => {
    const { server, source } = await start()
    await run(source, 'full')
    server.users = [...server.users, person('dee', 600)]
    expect((await run(source)).outcome.entries).toBe(2)
    server.users = [...server.users, person('eve', 1200)]
    // Ann is too long ago by now; Dee is near the mark, and comes again.
    expect(await run(openPull(server.url, noGroups))).toMatchObject({
      outcome: { entries: 2 },
      records: { added: 1, changed: 0, unchanged: 1 },
    })
  })

  it('writes nothing of what comes again', async () => {
    const { source } = await start()
    await run(source, 'full')
    const written = () => test.database('source_records').select(test.database.raw('xmin::text as version'))
    const before = await written()
    for (const _ of [1, 2])
      expect((await run(source)).records).toEqual({ unchanged: 1, missing: 0, returned: 0, notLinked: 0 })
    expect(await written()).toEqual(before)
  })

  it('is right where the server ignores the filter and gives everybody', async () => {
    const { server, source } = await start({ filter: 'ignored' })
    await run(source, 'full')
    server.users = [person('ann', 60, { title: 'Lead' }), ...server.users.slice(1)]
    expect(await run(source)).toMatchObject({
      kind: 'changes',
      outcome: { complete: true, entries: 3 },
      records: { changed: 1, unchanged: 2 },
    })
  })

  it.each([
    ['behind by years', -4000 * day],
    ['ahead by days', 33 * day],
  ])('does not care that the clock of the server is %s', async (_, skew) => {
    const at = (after: number) => meta(after, longAgo + skew)
    const { server, source } = await start({ users: [makeUser('ann', at(0)), makeUser('ben', at(0))] })
    await run(source, 'full')
    server.users = [makeUser('ann', { ...at(1), title: 'Lead' }), makeUser('ben', at(0))]
    expect((await run(source)).records).toMatchObject({ changed: 1 })
    server.users = [
      makeUser('ann', { ...at(1), title: 'Lead' }),
      makeUser('ben', { ...at(2), title: 'Head' }),
    ]
    expect((await run(source)).records).toMatchObject({ changed: 1 })
  })

  it.each(['refused', 'unsupported'] as const)('fails where a filter is %s, and says why', async (filter) => {
    const { server } = await start({ filter })
    const source = openPull(server.url, noGroups)
    await run(source, 'full')
    expect((await run(source)).outcome).toMatchObject({
      complete: false,
      why: { code: 'filter-refused', message: expect.stringContaining('filter') },
    })
  })

  it('moves its mark only when it was whole', async () => {
    let broken = false
    const script: ScimServerHabits['script'] = ({ path }) =>
      broken && path.includes('startIndex=2') ? json(500, { status: '500' }) : undefined
    const { server, source } = await start({ script }, { ...noGroups, pageSize: 2 })
    await run(source, 'full')
    const mark = async () => (await test.database('sources').first()).changes_mark
    const before = await mark()
    server.users = [...server.users, ...[1, 2, 3].map((one) => person(`new${one}`, 600 + one))]
    broken = true
    expect((await run(source)).outcome).toMatchObject({ complete: false, why: { code: 'server-error' } })
    expect(await mark()).toBe(before)
    broken = false
    expect((await run(source)).outcome).toMatchObject({ complete: true })
    expect(await mark()).not.toBe(before)
    expect(Object.keys(await records())).toHaveLength(6)
  })

  it('reads everything where another mapping, or another server, made what is stored', async () => {
    const { server, source } = await start()
    await run(source, 'full')
    const claimed = openPull(server.url, { ...noGroups, trust: { emails: 'claimed' } })
    expect(await run(claimed)).toMatchObject({ kind: 'full' })
    const { source: elsewhere } = await start()
    expect(await run(elsewhere)).toMatchObject({ kind: 'full' })
  })

  it('reads everything each time where nobody says when they were changed', async () => {
    const { source } = await start({ users: [makeUser('ann'), makeUser('ben')] })
    await run(source, 'full')
    expect(await run(source)).toMatchObject({ kind: 'full', outcome: { complete: true, entries: 2 } })
  })
})

describe('groups, in a read of changes', () => {
  const groups = [group('staff', 0, 'ann', 'ben', 'cy'), group('field', -5000, 'ann')]

  it('come and go without the people', async () => {
    const { server, source } = await start({ groups }, {})
    await run(source, 'full')
    server.groups = [group('staff', 60, 'ann', 'ben'), group('field', 61, 'ben'), group('lab', 61, 'cy')]
    expect(await run(source)).toMatchObject({
      kind: 'changes',
      outcome: { complete: true, entries: 1, groups: { complete: true, entries: 3 } },
      records: { changed: 3, unchanged: 0 },
    })
    expect(await groupsOfAll()).toEqual({ ann: ['staff'], ben: ['field', 'staff'], cy: ['lab'] })
  })

  it('are not read again while none was changed', async () => {
    const { server, source } = await start({ groups }, {})
    await run(source, 'full')
    server.users = [...server.users, person('dee', 60)]
    const before = askedFor(server, 'attributes=displayName').length
    expect((await run(source)).outcome).toMatchObject({ complete: true, groups: null })
    expect(askedFor(server, 'attributes=displayName').length).toBe(before)
    expect(await groupsOfAll()).toMatchObject({ ann: ['field', 'staff'], ben: ['staff'] })
  })

  it('stay as they are stored where the server cannot say when they changed; a read of everything puts them right', async () => {
    const untimed = groups.map(({ meta: _, ...one }) => one)
    const { server, source } = await start({ groups: untimed }, {})
    await run(source, 'full')
    server.groups = untimed.slice(1)
    server.users = [person('ann', 60, { title: 'Lead' }), ...server.users.slice(1)]
    expect(await run(source)).toMatchObject({
      outcome: { complete: true, groups: null },
      records: { changed: 1 },
    })
    expect(await groupsOfAll()).toMatchObject({ ann: ['field', 'staff'], ben: ['staff'] })
    await run(source, 'full')
    expect(await groupsOfAll()).toMatchObject({ ann: ['field'], ben: [] })
  })

  it('are not lost where they cannot be read', async () => {
    let broken = false
    const script: ScimServerHabits['script'] = ({ path }) =>
      broken && path.includes('/Groups') ? json(500, { status: '500' }) : undefined
    const { server, source } = await start({ groups, script }, {})
    await run(source, 'full')
    broken = true
    server.users = [person('ann', 60, { title: 'Lead' }), ...server.users.slice(1)]
    expect(await run(source)).toMatchObject({ outcome: { complete: false }, records: { changed: 1 } })
    expect(await groupsOfAll()).toMatchObject({ ann: ['field', 'staff'], ben: ['staff'] })
  })

  it('are those that users name where the server has none of its own', async () => {
    const named = (after: number, ...names: readonly string[]) =>
      person('ann', after, { groups: names.map((display) => ({ value: display, display })) })
    const { server, source } = await start({ groups: null, users: [named(0, 'staff')] }, {})
    await run(source, 'full')
    server.users = [named(60, 'field')]
    expect((await run(source)).records).toMatchObject({ changed: 1 })
    expect(await groupsOfAll()).toEqual({ ann: ['field'] })
  })
})
