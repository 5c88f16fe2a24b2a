import { randomBytes } from 'node:crypto'
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createToken, revokeToken } from '../../application/tokens/create-token.ts'
import { cacheTokens } from '../../application/tokens/token-cache.ts'
import { openTokens } from '../../bin/compose/token-cache.ts'
import { openDatabase } from '../../store/database.ts'
import { openStore, type Store } from '../../store/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const actor = { kind: 'admin', id: 'root' } as const
const clock = () => new Date()

let db: TestDatabase
let store: Store
/** Look-ups that reached the database. */
let asked = 0
beforeAll(async () => {
  db = await createTestDatabase()
  store = openStore(db.database)
  db.database.on('query', ({ sql }: { readonly sql: string }) => {
    if (sql.includes('from tokens where hash')) asked += 1
  })
})
beforeEach(() => {
  asked = 0
})
afterAll(async () => {
  await db.close()
})

const create = () =>
  createToken(
    { store, clock, newId: () => newId(), randomBytes },
    { name: 't', scopes: ['read'], expiresAt: null, actor },
  )

/** Asks again and again until the answer is this. */
async function until<Result>(ask: () => Promise<Result>, isIt: (result: Result) => boolean): Promise<void> {
  while (!isIt(await ask())) await db.database.raw('select 1')
}

describe('a token that counts', () => {
  it('is looked up once by requests that come together, and again when its time here is over', async () => {
    let now = 0
    const { id, token } = await create()
    const { authenticate } = cacheTokens(store, () => now)
    const callers = await Promise.all([authenticate(token), authenticate(token), authenticate(token)])
    expect(callers.map((caller) => caller?.tokenId)).toEqual([id, id, id])
    now = 1999
    await authenticate(token)
    expect(asked).toBe(1)
    now = 2000
    await authenticate(token)
    expect(asked).toBe(2)
  })

  it('is refused at once when another process revokes it, and the others are kept', async () => {
    const [one, other] = await Promise.all([create(), create()])
    const server = openTokens(store)
    // Until it listens, every request is looked up.
    await until(
      async () => {
        asked = 0
        await server.authenticate(one.token)
        await server.authenticate(one.token)
        return asked
      },
      (count) => count === 0,
    )
    await server.authenticate(other.token)
    const elsewhere = openDatabase({ url: db.url, poolSize: 1 })
    const from = performance.now()
    await revokeToken({ store: openStore(elsewhere), clock }, { id: one.id, actor, reason: null })
    await elsewhere.destroy()
    await until(
      () => server.authenticate(one.token),
      (caller) => caller === null,
    )
    expect(performance.now() - from).toBeLessThan(1000)
    asked = 0
    expect((await server.authenticate(other.token))?.tokenId).toBe(other.id)
    expect(asked).toBe(0)
    await server.close()
  })

  it('is looked up with every request while nothing is heard, and heard of again afterwards', async () => {
    const { id, token } = await create()
    const server = openTokens(store)
    const isKept = async () => {
      await server.authenticate(token)
      asked = 0
      await server.authenticate(token)
      return asked === 0
    }
    await until(isKept, (kept) => kept)
    await db.database.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen muster_token_revoked' and datname = current_database()`,
    )
    await until(isKept, (kept) => !kept)
    await revokeToken({ store, clock }, { id, actor, reason: null })
    expect(await server.authenticate(token)).toBeNull()
    const next = await create()
    await until(
      async () => {
        await server.authenticate(next.token)
        asked = 0
        await server.authenticate(next.token)
        return asked === 0
      },
      (kept) => kept,
    )
    await server.close()
  })
})

describe('a token that counts for nobody', () => {
  it('is asked for again, so that one that is made later counts', async () => {
    const { authenticate } = cacheTokens(store, () => 0)
    expect(await authenticate('muster_nobody')).toBeNull()
    expect(await authenticate('muster_nobody')).toBeNull()
    expect(asked).toBe(2)
  })
})
