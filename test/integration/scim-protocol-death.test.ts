import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { bulkOf, newUser } from '../support/scim-resources.ts'

let db: TestDatabase
const processes: ChildProcess[] = []
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL')
  await db?.close()
})

const program = fileURLToPath(new URL('../support/scim-program.ts', import.meta.url))

/** A server process, with its address and a token. */
async function startServer(): Promise<{ child: ChildProcess; url: string; token: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, db.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  processes.push(child)
  const died = once(child, 'exit').then(() => {
    throw new Error('The server did not start.')
  })
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), died])) as [
    string,
  ]
  // It is killed later, which is no fault then.
  died.catch(() => undefined)
  return { child, ...JSON.parse(line) }
}

const people = Array.from({ length: 1000 }, (_, n) => `loaded-${n}`)
const load = bulkOf(
  people.map((name) => ({ method: 'POST', path: '/Users', bulkId: name, data: newUser(name) })),
)

async function sendBulk(url: string, token: string): Promise<{ Operations: { status: string }[] }> {
  const answer = await fetch(`${url}/Bulk`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify(load),
  })
  return (await answer.json()) as { Operations: { status: string }[] }
}

const countUsers = async () => Number((await db.database('scim_users').count({ n: '*' }))[0]?.['n'])

it('a server that is killed in the middle of a bulk load loses nothing that it answered, and a client that tries again makes nobody twice', async () => {
  const first = await startServer()
  const broken = sendBulk(first.url, first.token).catch((error: unknown) => error)
  // Some hundreds are committed, the rest is not.
  await expect.poll(countUsers, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  expect(await broken).toBeInstanceOf(Error)
  const kept = await countUsers()
  expect(kept % 100).toBe(0)
  expect(kept).toBeLessThan(people.length)

  const second = await startServer()
  const { Operations } = await sendBulk(second.url, second.token)
  const byStatus = new Map<string, number>()
  for (const { status } of Operations) byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
  // Who was taken before is there already, and the client is told so.
  expect([byStatus.get('409') ?? 0, byStatus.get('201')]).toEqual([kept, people.length - kept])
  const whole =
    await db.database.raw(`select count(*)::int as users, count(distinct u.user_name_key)::int as names,
      count(r.id)::int as records, count(distinct r.identity_id)::int as identities, count(s.due_at)::int as due
    from scim_users u left join source_records r on r.id = u.id and r.external_id = u.id::text
      left join identity_states s on s.identity_id = r.identity_id`)
  const n = people.length
  expect(whole.rows).toEqual([{ users: n, names: n, records: n, identities: n, due: n }])
  const { rows } = await db.database.raw(
    `select count(*)::int as n from audit_events where action = 'scim-user-created'`,
  )
  expect(rows).toEqual([{ n }])
})
