import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Derivation } from '../../application/derivation.ts'
import type { MergeWorld } from '../../application/merge-rows.ts'
import { stageRead } from '../../application/stage-read.ts'
import { type Directory, type DirectoryScript, startDirectory } from '../../directory/start-directory.ts'
import type { ReadOutcome, SourceRow } from '../../domain/source-row.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { beginRun, derivation, mergeWorld } from '../support/merge-world.ts'
import {
  bindDn,
  bindPassword,
  type ConfigChanges,
  ldif,
  openOrganization,
  personDn,
  suffix,
} from '../support/organization.ts'
import { putInForce } from '../support/policies.ts'

/** Reads of an LDAP source, one after the other, that recognise what they know by the fingerprint of its bytes. */
let test: TestDatabase
let world: MergeWorld
const open: Directory[] = []

beforeAll(async () => {
  test = await createTestDatabase()
  world = mergeWorld(test.database)
})
afterAll(() => test.close())
beforeEach(async () => {
  await test.database.raw(
    'truncate source_records, correlation_keys, correlation_overrides, identities, identity_states, runs, sources',
  )
})
afterEach(async () => {
  for (const directory of open.splice(0)) await directory.close()
})

interface ReadChanges {
  readonly config?: ConfigChanges
  readonly script?: DirectoryScript
  readonly derivation?: Partial<Derivation>
  /** A run that is tried again. */
  readonly runId?: string
}

/** One run over a directory that holds this; `mapped` are the people who were decoded. */
async function read(text: string, changes: ReadChanges = {}) {
  const { config, script } = changes
  const directory = await startDirectory({ ldif: text, bindDn, bindPassword, ...(script ? { script } : {}) })
  open.push(directory)
  const source = openOrganization([directory.url], config)
  const runId = changes.runId ?? (await beginRun(world, 'corp'))
  const mapped: string[] = []
  const reading = { ...world, derivation: { ...derivation, ...changes.derivation } }
  const outcome = await stageRead(reading, {
    runId,
    source: 'corp',
    mapping: source.mapping,
    bringsGroups: source.bringsGroups,
    onStaged: () => undefined,
    rows: (recognise) =>
      watch(
        source.readAll({ signal: new AbortController().signal, unknownGroups: 'kept', recognise }),
        mapped,
      ),
  })
  const counted = (await world.store.runs.readRun(test.database, runId))?.records
  // Counters are stored as they grow.
  const records = { added: 0, changed: 0, ...counted }
  return { runId, outcome, records, mapped: mapped.sort() }
}

async function* watch(
  reading: AsyncGenerator<readonly SourceRow[], ReadOutcome, void>,
  mapped: string[],
): AsyncGenerator<readonly SourceRow[], ReadOutcome, void> {
  for (;;) {
    const { done, value } = await reading.next()
    if (done) return value
    for (const { attributes } of value) mapped.push(attributes.userName ?? '')
    yield value
  }
}

const everybody = ['anna', 'bela', 'cleo', 'dora', 'emil']
const without = (uid: string, text = ldif) => {
  const start = text.indexOf(`dn: ${personDn(uid)}`)
  return text.slice(0, start) + text.slice(text.indexOf('\n\n', start) + 2)
}

async function identityOf(userName: string) {
  return test.database('identities').where({ user_name: userName }).first()
}
const groupsOf = async (userName: string) =>
  ((await identityOf(userName)).attributes.groups ?? []).map(({ value }: { value: string }) => value)

async function versions() {
  const { rows } = await test.database.raw(
    'select external_id, xmin::text as version, fingerprint from source_records order by 1',
  )
  return rows
}

describe('a read that knows its people', () => {
  it('maps nobody whose entry is byte for byte what it was, writes nothing, and counts everybody', async () => {
    const first = await read(ldif)
    expect(first).toMatchObject({ mapped: everybody, records: { added: 5 } })
    const before = await versions()
    expect(before.every(({ fingerprint }: { fingerprint: unknown }) => fingerprint !== null)).toBe(true)
    const second = await read(ldif)
    expect(second.mapped).toEqual([])
    expect(second.records).toMatchObject({ unchanged: 5, changed: 0, missing: 0 })
    expect(second.outcome).toEqual({ ...first.outcome, server: second.outcome.server })
    expect(await versions()).toEqual(before)
  })

  it('maps somebody whose values come in another order, and finds them unchanged', async () => {
    await read(ldif)
    const [left, right] = ['mobile: +49 151 2345678', 'mobile: 0151 1111111']
    const { mapped, records } = await read(ldif.replace(`${left}\n${right}`, `${right}\n${left}`))
    expect(mapped).toEqual(['anna'])
    expect(records).toMatchObject({ unchanged: 5, changed: 0 })
  })

  it('sees a value that is other than it was, and one that is as it was before that', async () => {
    await read(ldif)
    const changed = await read(ldif.replace('title: Lead', 'title: Head'))
    expect(changed).toMatchObject({ mapped: ['cleo'], records: { changed: 1, unchanged: 4 } })
    expect((await identityOf('cleo')).attributes.title).toBe('Head')
    const back = await read(ldif)
    expect(back).toMatchObject({ mapped: ['cleo'], records: { changed: 1, unchanged: 4 } })
    expect((await identityOf('cleo')).attributes.title).toBe('Lead')
  })

  it('sees a membership that changed, through a nested group too, where the entry did not', async () => {
    await read(ldif)
    expect(await groupsOf('cleo')).toEqual([])
    const field = `dn: cn=field,ou=groups,${suffix}\nobjectClass: groupOfNames\ncn: field\n`
    const joined = ldif.replace(field, `${field}member: ${personDn('cleo')}\n`)
    const { mapped, records } = await read(joined)
    expect(mapped).toEqual(['cleo'])
    expect(records).toMatchObject({ changed: 1, unchanged: 4 })
    expect(await groupsOf('cleo')).toEqual(['field', 'staff'])
    expect(await read(ldif)).toMatchObject({ mapped: ['cleo'], records: { changed: 1 } })
    expect(await groupsOf('cleo')).toEqual([])
  })

  it.each<{ what: string; changes: ReadChanges }>([
    {
      what: 'the mapping',
      changes: {
        config: {
          people: {
            base: `ou=people,${suffix}`,
            filter: '(objectClass=inetOrgPerson)',
            attributes: { userName: 'uid', nickName: 'cn', employeeNumber: 'employeeNumber' },
          },
        },
      },
    },
    {
      what: 'the country of numbers',
      changes: {
        config: {
          people: {
            base: `ou=people,${suffix}`,
            filter: '(objectClass=inetOrgPerson)',
            attributes: { userName: 'uid', phoneNumbers: 'mobile', employeeNumber: 'employeeNumber' },
            country: { default: 'HU' },
          },
        },
      },
    },
    { what: 'the countries that are allowed', changes: { derivation: { countries: new Set(['HU']) } } },
    { what: 'the precedence of sources', changes: { derivation: { precedence: { default: ['corp'] } } } },
  ])('maps everybody anew when $what is another', async ({ changes }) => {
    await read(ldif)
    expect(await read(ldif, changes)).toMatchObject({ mapped: everybody, records: { changed: 5 } })
    expect(await read(ldif, changes)).toMatchObject({ mapped: [], records: { unchanged: 5 } })
  })

  it('leaves everybody due whom another policy set made due, though nobody is read anew', async () => {
    await read(ldif)
    const states = () => test.database('identity_states')
    await states().update({ due_at: null, due_run: null, due_reason: null })
    const policy = {
      id: `nobody-${Date.now()}`,
      conditions: { all: [{ fact: 'userName', operator: 'equal', value: 'nobody' }] },
      event: { type: 'provision', params: { rights: ['otp-email'] } },
    }
    expect(await putInForce(world, [policy])).toMatchObject({ due: 5 })
    expect((await read(ldif)).mapped).toEqual([])
    expect(await states().where({ due_reason: 'policy-set' })).toHaveLength(5)
  })

  it('marks who is missing, and lets them return with the entry that they had', async () => {
    await read(ldif)
    expect(await read(without('dora'))).toMatchObject({ mapped: [], records: { missing: 1, unchanged: 4 } })
    const back = await read(ldif)
    expect(back.mapped).toEqual(['dora'])
    expect(back.records).toMatchObject({ missing: 0, returned: 1, unchanged: 5 })
    expect(await read(ldif)).toMatchObject({ mapped: [], records: { unchanged: 5, missing: 0 } })
  })

  it('gives no proof where an entry that it knows comes twice', async () => {
    await read(ldif)
    const twice: DirectoryScript = ({ request }, reply) => {
      if (request.kind === 'search' && request.paging && request.base.startsWith('ou=people'))
        reply.sendEntry(personDn('cleo'), { entryUUID: ['twin'], uid: ['cleo'], cn: ['Twin'] })
      return false
    }
    const third: DirectoryScript = (scripted, reply) => {
      twice(scripted, reply)
      return twice(scripted, reply)
    }
    const { outcome } = await read(ldif, { script: third })
    expect(outcome).toMatchObject({ complete: false, why: { code: 'duplicate-id' }, problemCount: 1 })
    const again = await read(ldif, { script: third })
    expect(again.outcome).toMatchObject({ complete: false, why: { code: 'duplicate-id' }, problemCount: 1 })
    // The first of the two is known, the second is looked at.
    expect(again.mapped).toEqual(['cleo'])
    expect(again.records).toMatchObject({ changed: 0, missing: 0, unchanged: 6 })
  })

  it('forgets the fingerprint of somebody who changed while the groups could not be read', async () => {
    await read(ldif)
    const noGroups: DirectoryScript = ({ request }, reply) => {
      if (request.kind !== 'search' || !request.base.startsWith('ou=groups')) return false
      reply.sendDone('search', { code: 51 })
      return true
    }
    const blind = await read(ldif.replace('title: Lead', 'title: Head'), { script: noGroups })
    expect(blind).toMatchObject({ mapped: everybody, records: { changed: 1, unchanged: 4 } })
    expect((await identityOf('cleo')).attributes.title).toBe('Head')
    expect(await groupsOf('anna')).toEqual(['field', 'staff'])
    const back = await read(ldif)
    expect(back).toMatchObject({ mapped: ['cleo'], records: { changed: 1, unchanged: 4 } })
    expect((await identityOf('cleo')).attributes.title).toBe('Lead')
  })

  it('tries an ambiguous record again in every run, though its bytes are the same', async () => {
    await read(ldif)
    const [record] = await test.database('source_records').whereRaw("attributes->>'userName' = 'cleo'")
    await test
      .database('source_records')
      .where({ external_id: record.external_id })
      .update({ identity_id: null, link: 'none', link_fault: 'ambiguous' })
    expect((await read(ldif)).mapped).toEqual(['cleo'])
  })

  it('counts a run once when its reading is tried again after a death in the middle', async () => {
    const { runId } = await read(ldif)
    const again = await read(ldif, { runId })
    expect(again.mapped).toEqual([])
    expect(again.records).toMatchObject({ added: 5, changed: 0, unchanged: 0, missing: 0 })
  })

  it('leaves nothing of an entry that cannot be used to one whose range is completed at the end', async () => {
    const people = { base: `ou=people,${suffix}`, attributes: { userName: 'uid', title: 'title' } }
    const script: DirectoryScript = ({ request }, reply) => {
      if (request.kind !== 'search' || !request.base.includes('ou=people')) return false
      if (request.attributes.some((name) => name.includes(';range='))) {
        reply.sendEntry(personDn('ranged'), { 'title;range=1-*': ['z'] })
        reply.sendDone('search')
        return true
      }
      if (!request.paging) return false
      reply.sendEntry(personDn('ranged'), { entryUUID: ['r'], uid: ['ranged'], 'title;range=0-0': ['a'] })
      reply.sendEntry(personDn('anna'), { entryUUID: ['a'], uid: ['anna'], title: [Buffer.from([0xff])] })
      reply.sendDone('search', { cookie: Buffer.alloc(0) })
      return true
    }
    const { outcome, mapped } = await read(ldif, { script, config: { people } })
    expect(mapped).toEqual(['ranged'])
    expect(outcome).toMatchObject({ problemCount: 1, why: { code: 'encoding' } })
    // Anna's groups are hers alone, and a ranged entry has no fingerprint.
    expect(await groupsOf('ranged')).toEqual([])
    expect((await versions()).map(({ fingerprint }: { fingerprint: unknown }) => fingerprint)).toEqual([null])
  })
})
