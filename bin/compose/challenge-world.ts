import { randomBytes } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { v7 as newId } from 'uuid'
import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import { codeOfChallenge } from '../../application/challenges/code-of-challenge.ts'
import {
  type DeliveryOutcome,
  type DeliveryWorld,
  makeDeliveryWorld,
} from '../../application/deliveries/delivery-world.ts'
import type { KeyRing } from '../../application/key-ring.ts'
import { deriveAddressKey } from '../../application/limits/address-hash.ts'
import { startTypedTally } from '../../application/limits/typed-tally.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Outbox } from '../../connectors/outbox/index.ts'
import { makeSendFault } from '../../connectors/send-fault.ts'
import { readTwilioCode } from '../../connectors/twilio/index.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Store } from '../../store/store.ts'
import { openRoutes } from './channel-routes.ts'
import { type RunningSender, startSending } from './delivery-sender.ts'
import { loadMessageCatalog } from './message-catalog.ts'

/** What challenges and their messages are made of. */
export interface ChallengeParts {
  readonly configuration: Configuration
  readonly store: Store
  readonly log: Logger
  readonly clock: Clock
  readonly keys: KeyRing
  /** Where `outbox` channels put their messages. */
  readonly outbox: Outbox
  /** Told what became of messages; left out: nobody is. */
  readonly noteDelivery?: (outcome: DeliveryOutcome) => void
}

/** Sending with this process's channels; `close` ends their connections. */
export interface RunningDeliveries {
  readonly world: DeliveryWorld
  /** Opens the channels of the configuration again, with the secrets of the moment; what is being sent goes on. */
  reopen(): void
  close(): Promise<void>
}

/** Milliseconds after which nothing is sent any more by channels that were opened again. */
const lastSend = 60_000

/** Opens the channels of the configuration. A worker needs no more; a server starts challenges over it. */
export async function openDeliveries(parts: ChallengeParts): Promise<RunningDeliveries> {
  const { configuration, store, log, clock, keys, noteDelivery } = parts
  const { messages } = configuration
  let routes = openChannels(parts)
  const world = makeDeliveryWorld({
    store,
    clock,
    newId: () => newId(),
    routes: {
      get sms() {
        return routes.sms
      },
      get email() {
        return routes.email
      },
    },
    catalog: await loadMessageCatalog(),
    messages,
    codeOf: (challengeId) => codeOfChallenge({ store, keys }, challengeId),
    faultOf: (connector, code) =>
      connector === 'twilio' ? readTwilioCode(code) : makeSendFault('provider-error', code),
    onFault: ({ deliveryId, connector, fault }) =>
      log.warn({ delivery: deliveryId, kind: connector, code: fault.code }, 'An attempt to send failed.'),
    ...(noteDelivery === undefined ? {} : { onOutcome: noteDelivery }),
  })
  const reopen = () => {
    const former = routes
    routes = openChannels(parts)
    setTimeout(() => void closeChannels(former), lastSend).unref()
  }
  return { world, reopen, close: () => closeChannels(routes) }
}

type Channels = DeliveryWorld['routes']

function openChannels({ configuration, outbox }: ChallengeParts): Channels {
  const { channels, server } = configuration
  const options = { publicUrl: server.publicUrl, outbox }
  return {
    sms: openRoutes(channels.sms.reveal(), options),
    email: openRoutes(channels.email.reveal(), options),
  }
}

async function closeChannels({ sms, email }: Channels): Promise<void> {
  await Promise.allSettled([...sms, ...email].map(({ channel }) => channel.close()))
}

/** The challenge service of one process, with its sender. */
export interface RunningChallenges {
  readonly world: ChallengeWorld
  /** Waits for what is being sent, then ends. */
  close(): Promise<void>
}

/** Starts the challenge service over deliveries that are open. `client` connects to Temporal when first needed. */
export function startChallenges(
  parts: ChallengeParts & {
    readonly deliveries: DeliveryWorld
    readonly client: () => Promise<Client>
    /** Whether the database is known to be ours to work on; left out: it is. */
    readonly isReady?: () => boolean
  },
): RunningChallenges {
  const { configuration, store, clock, keys, log, deliveries, client, isReady = () => true } = parts
  const sender: RunningSender = startSending({ world: deliveries, client, log, isReady })
  const tally = startTypedTally(store, {
    onError: (err) => log.warn({ err }, 'Typed codes were not counted yet.'),
  })
  const world: ChallengeWorld = {
    store,
    clock,
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
