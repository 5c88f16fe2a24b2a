import { randomBytes } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { v7 as newId } from 'uuid'
import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import { codeOfChallenge } from '../../application/challenges/code-of-challenge.ts'
import { type DeliveryWorld, makeDeliveryWorld } from '../../application/deliveries/delivery-world.ts'
import type { KeyRing } from '../../application/key-ring.ts'
import { deriveAddressKey } from '../../application/limits/address-hash.ts'
import { startTypedTally } from '../../application/limits/typed-tally.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Outbox } from '../../connectors/outbox/index.ts'
import { makeSendFault } from '../../connectors/send-fault.ts'
import { readTwilioCode } from '../../connectors/twilio/index.ts'
import type { Store } from '../../store/store.ts'
import { openRoutes } from './channel-routes.ts'
import { type RunningSender, startSending } from './delivery-sender.ts'
import { loadMessageCatalog } from './message-catalog.ts'

/** What challenges and their messages are made of. */
export interface ChallengeParts {
  readonly configuration: Configuration
  readonly store: Store
  readonly log: Logger
  readonly keys: KeyRing
  /** Where `outbox` channels put their messages. */
  readonly outbox: Outbox
}

/** Sending with this process's channels; `close` ends their connections. */
export interface RunningDeliveries {
  readonly world: DeliveryWorld
  close(): Promise<void>
}

/** Opens the channels of the configuration. A worker needs no more; a server starts challenges over it. */
export async function openDeliveries(parts: ChallengeParts): Promise<RunningDeliveries> {
  const { configuration, store, log, keys, outbox } = parts
  const { channels, server, messages } = configuration
  const options = { publicUrl: server.publicUrl, outbox }
  const routes = {
    sms: openRoutes(channels.sms.reveal(), options),
    email: openRoutes(channels.email.reveal(), options),
  }
  const world = makeDeliveryWorld({
    store,
    clock: () => new Date(),
    newId: () => newId(),
    routes,
    catalog: await loadMessageCatalog(),
    messages,
    codeOf: (challengeId) => codeOfChallenge({ store, keys }, challengeId),
    faultOf: (connector, code) =>
      connector === 'twilio' ? readTwilioCode(code) : makeSendFault('provider-error', code),
    onFault: ({ connector, fault }) =>
      log.warn({ kind: connector, code: fault.code }, 'A message was not sent at the first go.'),
  })
  const close = async () => {
    await Promise.all([...routes.sms, ...routes.email].map(({ channel }) => channel.close()))
  }
  return { world, close }
}

/** The challenge service of one process, with its sender. */
export interface RunningChallenges {
  readonly world: ChallengeWorld
  /** Waits for what is being sent, then ends. */
  close(): Promise<void>
}

/** Starts the challenge service over deliveries that are open. `client` connects to Temporal when first needed. */
export function startChallenges(
  parts: ChallengeParts & { readonly deliveries: DeliveryWorld; readonly client: () => Promise<Client> },
): RunningChallenges {
  const { configuration, store, keys, log, deliveries, client } = parts
  const sender: RunningSender = startSending({ world: deliveries, client, log })
  const tally = startTypedTally(store, {
    onError: (err) => log.warn({ err }, 'Typed codes were not counted yet.'),
  })
  const world: ChallengeWorld = {
    store,
    clock: () => new Date(),
    newId: () => newId(),
    randomBytes: (count) => randomBytes(count),
    keys,
    addressKey: deriveAddressKey(keys),
    settings: configuration.challenges,
    limits: configuration.limits,
    clients: configuration.clients,
    factors: configuration.factors,
    wake: (deliveryId) => sender.offer(deliveryId),
    noteTyped: (typed) => tally.note(typed),
  }
  const close = async () => {
    await tally.close()
    await sender.close()
  }
  return { world, close }
}
