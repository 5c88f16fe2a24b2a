import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BulkOperation } from '../../application/scim/bulk-request.ts'
import { runBulk } from '../../application/scim/run-bulk.ts'
import type { ScimWorld } from '../../application/scim/scim-world.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { emptyTables, tablesOfPushes } from '../support/empty-tables.ts'
import { connection, groupBody, patchBody, pusher, scimWorld, userBody } from '../support/scim-world.ts'

let test: TestDatabase
let world: ScimWorld
const workday = connection('workday')

beforeAll(async () => {
  test = await createTestDatabase()
  world = scimWorld(test.database)
})
afterAll(() => test.close())
const clear = () => emptyTables(test.database, tablesOfPushes)
beforeEach(clear)

type Given = Partial<BulkOperation> & Pick<BulkOperation, 'method' | 'path'>
const run = (operations: readonly Given[], failOnErrors: number | null = null) =>
  runBulk(
    world,
    workday,
    {
      operations: operations.map((one) => ({ bulkId: null, version: null, data: undefined, ...one })),
      failOnErrors,
    },
    pusher,
  )
const post = (bulkId: string, data: unknown, path = '/Users'): Given => ({
  method: 'POST',
  path,
  bulkId,
  data,
})
const statuses = async (operations: readonly Given[], failOnErrors: number | null = null) =>
  (await run(operations, failOnErrors)).map(({ status }) => status)
const managers = async () => {
  const { rows } = await test.database.raw(
    `select u.document ->> 'userName' as name, m.document ->> 'userName' as manager from scim_users u
     left join scim_users m on m.id::text = u.document -> ? -> 'manager' ->> 'value' order by 1`,
    [enterpriseUrn],
  )
  return Object.fromEntries(rows.map((row: { name: string; manager: string }) => [row.name, row.manager]))
}
const managedBy = (bulkId: string) => ({ [enterpriseUrn]: { manager: { value: `bulkId:${bulkId}` } } })

describe('a bulk request', () => {
  it('resolves references backward and forward, in values and in paths (RFC 7644 section 3.7.2)', async () => {
    const outcomes = await run([
      post('g', groupBody('staff', ['bulkId:a', 'bulkId:b']), '/Groups'),
      post('a', userBody('a', managedBy('b'))),
      post('b', userBody('b')),
      {
        method: 'PATCH',
        path: '/Users/bulkId:c',
        data: patchBody({ op: 'replace', path: 'title', value: 'Boss' }),
      },
      post('c', userBody('c')),
      {
        method: 'PATCH',
        path: '/Groups/bulkId:g',
        data: patchBody({ op: 'remove', path: 'members[value eq "bulkId:b"]' }),
      },
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([201, 201, 201, 200, 201, 200])
    expect(outcomes.map(({ bulkId }) => bulkId)).toEqual(['g', 'a', 'b', null, 'c', null])
    expect(await managers()).toEqual({ a: 'b', b: null, c: null })
    expect(await test.database('scim_members')).toHaveLength(1)
    expect(await test.database('scim_users').whereRaw(`document ->> 'title' = 'Boss'`)).toHaveLength(1)
  })

  it('makes resources that refer to each other (RFC 7644 section 3.7.1)', async () => {
    const ring = [
      post('a', userBody('a', managedBy('b'))),
      post('b', userBody('b', managedBy('c'))),
      post('c', userBody('c', managedBy('a'))),
    ]
    expect(await statuses(ring)).toEqual([201, 201, 201])
    expect(await managers()).toEqual({ a: 'b', b: 'c', c: 'a' })
  })

  it('makes nothing of a ring whose other end fails: 409', async () => {
    await run([post('taken', userBody('a'))])
    const [first, second] = await run([
      post('a', userBody('a', managedBy('b'))),
      post('b', userBody('b', managedBy('a'))),
    ])
    expect([first?.status, second?.status]).toEqual([409, 409])
    expect(second).toMatchObject({ id: null, type: null })
    expect(await managers()).toEqual({ a: null })
  })

  it('refuses a bulkId that is given twice, and a reference to one that is not given: 400', async () => {
    const twice = [post('a', userBody('a')), post('a', userBody('b'))]
    await expect(run(twice)).rejects.toMatchObject({ status: 400 })
    expect(await statuses([post('a', userBody('a', managedBy('z')))])).toEqual([400])
  })

  it('keeps what went well around what did not, and says which resource it was', async () => {
    const outcomes = await run([
      post('a', userBody('a')),
      post('b', userBody('A')),
      post('c', userBody('c')),
      { method: 'DELETE', path: '/Users/00000000-0000-4000-8000-000000000000' },
      { method: 'PUT', path: '/Users/bulkId:a', version: 'W/"7"', data: userBody('x') },
      { method: 'PATCH', path: '/Planets/1', data: {} },
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([201, 409, 201, 404, 412, 400])
    expect(outcomes[4]).toMatchObject({ type: 'User', id: outcomes[0]?.id })
    expect(Object.keys(await managers())).toEqual(['a', 'c'])
  })

  it('stops after as many errors as the client bears (failOnErrors, RFC 7644 section 3.7)', async () => {
    const operations = [
      post('a', userBody('a')),
      post('b', userBody('a')),
      post('c', userBody('c')),
      post('d', userBody('c')),
      post('e', userBody('e')),
    ]
    expect(await statuses(operations, 2)).toEqual([201, 409, 201, 409])
    await clear()
    expect(await statuses(operations, 1)).toEqual([201, 409])
  })

  it('commits each hundred: what is before a fault of the database stays', async () => {
    const many = Array.from({ length: 250 }, (_, index) => post(`b${index}`, userBody(`u${index}`)))
    const outcomes = await run(many)
    expect(outcomes).toHaveLength(250)
    const { rows } = await test.database.raw('select count(distinct xmin::text)::int as n from audit_events')
    expect(rows[0].n).toBe(3)
  })

  it('gives the same whether users are written together or one by one', async () => {
    const person = fc.record({
      userName: fc.constantFrom('a', 'A', 'b', 'c', 'd', 'e'),
      number: fc.constantFrom('1', '2', '3', '4', null),
      active: fc.boolean(),
    })
    const outcome = async (operations: readonly Given[], oneByOne: boolean) => {
      await clear()
      const given: number[] = []
      if (oneByOne) for (const one of operations) given.push(...(await statuses([one])))
      else given.push(...(await statuses(operations)))
      const { rows } = await test.database.raw(
        `select u.document ->> 'userName' as name, r.active, r.link, r.link_fault, i.active as on, i.user_name,
           (select array_agg(k.name || '=' || k.key order by 1) from correlation_keys k where k.external_id = r.external_id) as keys
         from scim_users u join source_records r on r.id = u.id left join identities i on i.id = r.identity_id order by 1`,
      )
      return { given, rows, identities: (await test.database('identities')).length }
    }
    await fc.assert(
      fc.asyncProperty(fc.array(person, { minLength: 2, maxLength: 7 }), async (people) => {
        const operations = people.map(({ userName, number, active }, index) =>
          post(
            String(index),
            userBody(userName, {
              active,
              ...(number === null ? {} : { [enterpriseUrn]: { employeeNumber: number } }),
            }),
          ),
        )
        expect(await outcome(operations, false)).toEqual(await outcome(operations, true))
      }),
      { numRuns: 12 },
    )
  })
})
