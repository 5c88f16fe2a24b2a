import { randomBytes } from 'node:crypto'
import fastify from 'fastify'
import { v7 as newId } from 'uuid'
import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import { codeOfChallenge } from '../../application/challenges/code-of-challenge.ts'
import { verifyCode } from '../../application/challenges/verify-code.ts'
import { createDeliverySender } from '../../application/deliveries/delivery-sender.ts'
import { makeDeliveryWorld } from '../../application/deliveries/delivery-world.ts'
import { deriveAddressKey } from '../../application/limits/address-hash.ts'
import { startTypedTally } from '../../application/limits/typed-tally.ts'
import { createToken } from '../../application/tokens/create-token.ts'
import { openRoutes } from '../../bin/compose/channel-routes.ts'
import { loadMessageCatalog } from '../../bin/compose/message-catalog.ts'
import { smsChannel } from '../../connectors/channel-registry.ts'
import { Outbox } from '../../connectors/outbox/index.ts'
import type { ClientSettings } from '../../domain/challenge.ts'
import { defaultLimits, type LimitSettings } from '../../domain/limit-settings.ts'
import { startPostgres } from '../../embedded/postgres.ts'
import { answerFaults } from '../../server/answer-faults.ts'
import { mountRoutes } from '../../server/api/mount-routes.ts'
import { listChallengeRoutes } from '../../server/challenges.ts'
import { noHelp } from '../../server/help.ts'
import { migrate, openDatabase } from '../../store/database.ts'
import { openStore, type Store } from '../../store/store.ts'
import { makeFolder } from '../../test/support/embedded-stack.ts'
import { insertPeople } from '../../test/support/population.ts'

export interface BenchPerson {
  readonly id: string
  readonly address: string
}

/** PostgreSQL as the embedded mode starts it (fsync and synchronous_commit on), the API, and sending to the outbox. */
export interface BenchStack {
  readonly databaseUrl: string
  readonly url: string
  /** Of a trusted client, and of one that may not know why there is nothing to send to. */
  readonly tokens: { readonly trusted: string; readonly stranger: string }
  readonly people: readonly BenchPerson[]
  /** Has the right, and no enrollment. */
  readonly withoutEnrollment: string
  readonly withoutRight: string
  /** Settles when the next message to this address is in the outbox, with its code. */
  nextCode(address: string): Promise<string>
  /** When everything that was queued has been sent. */
  settled(): Promise<void>
  codeOf(challengeId: string): Promise<string>
  /** The use case alone, without HTTP and token. */
  verify(challengeId: string, code: string): Promise<void>
  close(): Promise<void>
}

/** Every counter is kept, and none of them stops anybody. */
const wide = { count: 10_000_000, per: 3_600_000 }
const unspent = { proven: 10_000_000, unproven: 10_000_000 }
const limits: LimitSettings = {
  ...{ destinationHour: wide, destinationDay: wide, identityHour: wide, identityDay: wide, client: wide },
  ...{ network: wide, prefix: wide, widePrefix: wide, country: wide },
  budget: { sms: unspent, email: unspent },
  breaker: { ...defaultLimits.breaker, ratio: 0 },
  countries: null,
}

export async function startBenchStack(population: number): Promise<BenchStack> {
  const folder = makeFolder()
  const postgres = await startPostgres({ dataDir: folder.path, onProgress: (text) => console.error(text) })
  const database = openDatabase({ url: postgres.url, poolSize: 10, applicationName: 'muster-bench' })
  await migrate(database)
  const store = openStore(database)
  const codes = new Map<string, (code: string) => void>()
  const sending = await openSending(store, codes)
  const world = { ...sending.world, wake: (deliveryId: string) => sending.sender.offer(deliveryId) }
  const app = fastify()
  answerFaults(app, noHelp)
  app.get('/empty', async () => ({}))
  mountRoutes(app, world, listChallengeRoutes(world))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const people = await insertPopulation(store, population)
  return {
    databaseUrl: postgres.url,
    url,
    tokens: { trusted: await tokenFor(world, 'portal'), stranger: await tokenFor(world, 'kiosk') },
    ...people,
    nextCode: (address) => new Promise((resolve) => codes.set(address, resolve)),
    settled: () => sending.sender.drain(),
    codeOf: async (challengeId) => (await codeOfChallenge(world, challengeId))?.code ?? '',
    verify: async (challengeId, code) => {
      await verifyCode(world, { client: 'portal', challengeId, code })
    },
    close: async () => {
      await app.close()
      await sending.sender.drain()
      await sending.tally.close()
      await database.destroy()
      await postgres.stop()
      folder.remove()
    },
  }
}

async function openSending(store: Store, codes: Map<string, (code: string) => void>) {
  const clock = () => new Date()
  const outbox = new Outbox(clock)
  outbox.subscribe(({ to, text }) => codes.get(to)?.(/\b\d{6}\b/.exec(text)?.[0] ?? ''))
  const master = randomBytes(32)
  const keys = { active: 'bench', key: (id: string) => (id === 'bench' ? master : null) }
  const tally = startTypedTally(store, { onError: (error) => console.error(error) })
  const world: Omit<ChallengeWorld, 'wake'> = {
    noteTyped: (typed) => tally.note(typed),
    ...{ store, clock, newId: () => newId(), randomBytes, keys, addressKey: deriveAddressKey(keys), limits },
    settings: {
      ...{ digits: 6, tries: 5, sends: 3, waits: [30_000, 60_000] },
      validity: { authentication: 300_000, sms: 600_000, email: 1_800_000 },
    },
    clients: new Map([client('portal', true), client('kiosk', false)]),
    factors: { authentication: ['otp-sms', 'otp-email'], registration: ['otp-sms', 'otp-email'] },
  }
  const deliveries = makeDeliveryWorld({
    ...{ store, clock, newId: () => newId(), catalog: await loadMessageCatalog() },
    routes: {
      sms: openRoutes([smsChannel.parse({ type: 'outbox' })], { publicUrl: 'http://127.0.0.1', outbox }),
      email: [],
    },
    messages: { sender: 'Muster', contact: null },
    codeOf: (challengeId) => codeOfChallenge(world, challengeId),
    faultOf: () => ({ code: 'provider-error', class: 'passing', providerCode: null, retryAfter: null }),
    onFault: ({ fault }) => console.error(`a message failed: ${fault.code}`),
  })
  const sender = createDeliverySender(deliveries, {
    handOn: async () => undefined,
    onError: (error) => console.error(error),
  })
  return { world, sender, tally }
}

function client(id: string, trusted: boolean): [string, ClientSettings] {
  const factors = ['otp-sms', 'otp-email'] as const
  const named = { id, name: id, origin: 'https://portal.example.com', trusted, contextless: false }
  return [id, { ...named, authentication: factors, registration: factors, minProof: 'asserted' }]
}

async function tokenFor(world: Omit<ChallengeWorld, 'wake'>, name: string): Promise<string> {
  const actor = { kind: 'system', id: 'bench' } as const
  return (await createToken(world, { name, scopes: [`challenge:${name}`], expiresAt: null, actor })).token
}

async function insertPopulation(store: Store, population: number) {
  const given = {
    kind: 'policy',
    policy: 'bench',
    by: 'bench',
    until: null,
    reason: null,
    clients: null,
  } as const
  const origins = [{ ...given, since: new Date().toISOString() }]
  const right = { factor: 'otp-sms', effective: true, clients: null, origins, denials: [] } as const
  const addresses = Array.from(
    { length: population },
    (_, index) => `+4915${String(10_000_000 + ((index * 7_368_787) % 80_000_000))}`,
  )
  const people = addresses.map((address) => ({
    rights: [right],
    enrollments: [{ factor: 'otp-sms', address, key: address, proof: 'proven', status: 'active' } as const],
  }))
  const unable = [{ rights: [right] }, { rights: [] }]
  const ids = await insertPeople(store.database, [...people, ...unable])
  return {
    people: addresses.map((address, index) => ({ id: ids[index] ?? '', address })),
    withoutEnrollment: ids[population] ?? '',
    withoutRight: ids[population + 1] ?? '',
  }
}
