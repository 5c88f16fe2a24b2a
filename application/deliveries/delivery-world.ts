import type { SendFault } from '../../connectors/channel.ts'
import type { Clock } from '../../domain/clock.ts'
import type { DeliveryChannel } from '../../domain/delivery.ts'
import type { Store } from '../../store/store.ts'
import type { MessageCatalog } from '../messages/message-catalog.ts'
import type { MessageSettings } from '../messages/render-message.ts'
import { ChannelHealth } from './channel-health.ts'
import type { ChannelRoute } from './choose-route.ts'
import { defaultSlotLimits, SendSlots, type SlotLimits } from './send-slots.ts'

/** The code of a challenge, derived anew each time it is needed. */
export interface ChallengeCode {
  readonly code: string
  readonly to: string
  readonly expiresAt: Date
}

/** An attempt that failed, for the log: no address and no text of a provider. */
export interface DeliveryFault {
  readonly deliveryId: string
  readonly connector: string
  readonly fault: SendFault
}

/** What became of a delivery by one step, for the metrics. */
export interface DeliveryOutcome {
  readonly channel: DeliveryChannel
  /** As the route calls it; null: no channel was asked. */
  readonly connector: string | null
  readonly outcome: 'sent' | 'retry' | 'failed' | 'abandoned' | 'delivered'
  /** The code of the fault, of a closed list. */
  readonly code: string | null
}

/** What sending is given. */
export interface DeliveryParts {
  readonly store: Store
  readonly clock: Clock
  readonly newId: () => string
  /** In the order in which they are tried. */
  readonly routes: Readonly<Record<DeliveryChannel, readonly ChannelRoute[]>>
  readonly catalog: MessageCatalog
  readonly messages: MessageSettings
  /** Null when the challenge has ended. */
  readonly codeOf: (challengeId: string) => Promise<ChallengeCode | null>
  /** What a connector's own code in a receipt means. */
  readonly faultOf: (connector: string, providerCode: string) => SendFault
  readonly onFault: (fault: DeliveryFault) => void
  /** Told after it is on record; left out: nobody is. */
  readonly onOutcome?: (outcome: DeliveryOutcome) => void
}

/** What sending is given, and what one process remembers of it. */
export interface DeliveryWorld extends DeliveryParts {
  readonly slots: SendSlots
  readonly health: ChannelHealth
}

/** One for each process: the limit of concurrent sends and the health of channels are its own. */
export function makeDeliveryWorld(
  parts: DeliveryParts,
  limits: SlotLimits = defaultSlotLimits,
): DeliveryWorld {
  return { ...parts, slots: new SendSlots(limits), health: new ChannelHealth() }
}
