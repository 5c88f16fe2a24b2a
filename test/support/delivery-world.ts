import { randomBytes } from 'node:crypto'
import { v7 as newId } from 'uuid'
import { codeOfChallenge } from '../../application/challenges/code-of-challenge.ts'
import { type DeliveryWorld, makeDeliveryWorld } from '../../application/deliveries/delivery-world.ts'
import { queueDelivery } from '../../application/deliveries/queue-delivery.ts'
import { defaultSlotLimits, type SlotLimits } from '../../application/deliveries/send-slots.ts'
import { openRoutes } from '../../bin/compose/channel-routes.ts'
import { loadMessageCatalog } from '../../bin/compose/message-catalog.ts'
import { emailChannel, smsChannel } from '../../connectors/channel-registry.ts'
import { Outbox } from '../../connectors/outbox/index.ts'
import { readTwilioCode } from '../../connectors/twilio/index.ts'
import type { DeliveryChannel } from '../../domain/delivery.ts'
import type { Enrollment } from '../../domain/enrollment.ts'
import type { Database } from '../../store/database.ts'
import { openStore, type Store } from '../../store/store.ts'
import { insertPeople } from './population.ts'

export interface TestDeliveries {
  readonly store: Store
  readonly world: DeliveryWorld
  readonly outbox: Outbox
  /** Codes of attempts that failed, in order. */
  readonly faults: readonly string[]
  /** Moves the clock of this process. */
  turn(milliseconds: number): void
  /** A challenge of a new person, with its delivery: what the challenge service commits. */
  challenge(given?: GivenChallenge): Promise<TestChallenge>
  delivery(id: string): Promise<Record<string, unknown>>
  attempts(id: string): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

export interface GivenChallenge {
  readonly channel?: DeliveryChannel
  readonly address?: string
  /** Milliseconds. */
  readonly validity?: number
  readonly client?: string
  readonly origin?: string
}

export interface TestChallenge {
  readonly deliveryId: string
  readonly challengeId: string
  readonly identityId: string
  readonly enrollmentId: string
  readonly code: string
}

export interface GivenRoutes {
  readonly sms?: readonly object[]
  readonly email?: readonly object[]
  readonly slots?: Partial<SlotLimits>
}

const keys = { active: 'k1', key: (id: string) => (id === 'k1' ? Buffer.alloc(32, 7) : null) }

/** Sending over real channels, on a real database. Left out, a route is an outbox. */
export async function openTestDeliveries(
  database: Database,
  given: GivenRoutes = {},
): Promise<TestDeliveries> {
  const store = openStore(database)
  let offset = 0
  const clock = () => new Date(Date.now() + offset)
  const outbox = new Outbox(clock)
  const options = { publicUrl: 'http://127.0.0.1:8080', outbox }
  const sms = (given.sms ?? [{ type: 'outbox' }]).map((one) => smsChannel.parse(one))
  const email = (given.email ?? [{ type: 'outbox' }]).map((one) => emailChannel.parse(one))
  const routes = { sms: openRoutes(sms, options), email: openRoutes(email, options) }
  const faults: string[] = []
  const world = makeDeliveryWorld(
    {
      store,
      clock,
      newId: () => newId(),
      routes,
      catalog: await loadMessageCatalog(),
      messages: { sender: 'Muster', contact: null },
      codeOf: (challengeId) => codeOfChallenge({ store, keys }, challengeId),
      faultOf: (_, code) => readTwilioCode(code),
      onFault: ({ connector, fault }) => faults.push(`${connector} ${fault.code}`),
    },
    { ...defaultSlotLimits, ...given.slots },
  )
  return {
    store,
    world,
    outbox,
    faults,
    turn: (milliseconds) => {
      offset += milliseconds
    },
    challenge: (request = {}) => insertChallenge(world, request),
    delivery: async (id) => (await database('deliveries').where({ id }))[0],
    attempts: (id) => database('delivery_attempts').where({ delivery_id: id }).orderBy('number'),
    close: async () => {
      await Promise.all([...routes.sms, ...routes.email].map(({ channel }) => channel.close()))
    },
  }
}

async function insertChallenge(
  { store, clock }: DeliveryWorld,
  given: GivenChallenge,
): Promise<TestChallenge> {
  const { database } = store
  const channel = given.channel ?? 'sms'
  const factor = channel === 'sms' ? 'otp-sms' : 'otp-email'
  const address = given.address ?? (channel === 'sms' ? '+4915112345678' : 'anna@example.com')
  const enrollment: Partial<Enrollment> = { id: newId(), factor, address }
  const right = { factor, effective: true, clients: null, origins: [], denials: [] } as const
  const [identityId = ''] = await insertPeople(database, [{ rights: [right], enrollments: [enrollment] }])
  const [challengeId, deliveryId, nonce, now] = [newId(), newId(), randomBytes(32), clock()]
  const expiresAt = new Date(now.getTime() + (given.validity ?? 300_000))
  const enrollmentId = enrollment.id ?? ''
  await store.transaction(async (trx) => {
    await trx('challenges').insert({
      id: challengeId,
      client: 'portal',
      identity_id: identityId,
      purpose: 'authentication',
      factor,
      enrollment_id: enrollmentId,
      status: 'pending',
      nonce,
      key_id: 'k1',
      digits: 6,
      tries: 5,
      max_sends: 3,
      expires_at: expiresAt,
      created_at: now,
      context: '{}',
    })
    await queueDelivery(trx, store, {
      id: deliveryId,
      kind: 'code',
      challengeId,
      identityId,
      enrollmentId,
      channel,
      address: null,
      template: 'authentication',
      parameters: { client: given.client ?? 'Staff portal', origin: given.origin ?? null },
      locale: null,
      deadline: expiresAt,
      now,
    })
  })
  const code = await codeOfChallenge({ store, keys }, challengeId)
  return { deliveryId, challengeId, identityId, enrollmentId, code: code?.code ?? '' }
}
