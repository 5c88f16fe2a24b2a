import { attemptDelivery } from './attempt-delivery.ts'
import type { DeliveryWorld } from './delivery-world.ts'

/** Sends in this process what was just committed. */
export interface DeliverySender {
  /** Makes the first attempt soon. Neither waits nor throws. */
  offer(deliveryId: string): void
  /** Settles when everything that was offered has been tried or handed on. */
  drain(): Promise<void>
}

export interface SenderOptions {
  /** Gives a delivery that was not sent to the workflow; throws where Temporal does not answer in time. */
  readonly handOn: (delivery: { readonly deliveryId: string; readonly deadline: string }) => Promise<void>
  /** A part of ours failed, or Temporal did not answer: the delivery stays queued and is offered again. */
  readonly onError: (error: unknown, deliveryId: string) => void
}

/** Makes a sender. What it does not send is handed to the workflow, or stays queued for `offerOverdue`. */
export function createDeliverySender(
  world: DeliveryWorld,
  { handOn, onError }: SenderOptions,
): DeliverySender {
  const underWay = new Map<string, Promise<void>>()
  const work = async (deliveryId: string): Promise<void> => {
    try {
      const step = await attemptDelivery(world, deliveryId)
      if (step.status === 'queued') await handOn({ deliveryId, deadline: step.deadline })
    } catch (error) {
      onError(error, deliveryId)
    }
  }
  return {
    offer: (deliveryId) => {
      if (underWay.has(deliveryId)) return
      underWay.set(
        deliveryId,
        work(deliveryId).finally(() => underWay.delete(deliveryId)),
      )
    },
    drain: async () => {
      while (underWay.size > 0) await Promise.all(underWay.values())
    },
  }
}
