import { attemptDelivery } from '../application/deliveries/attempt-delivery.ts'
import type { DeliveryWorld } from '../application/deliveries/delivery-world.ts'
import type { DeliveryActivities } from './activities.ts'

/** The world's side of `deliverChallenge`. */
export function createDeliveryActivities(world: DeliveryWorld): DeliveryActivities {
  return {
    attemptDelivery: ({ deliveryId }) => attemptDelivery(world, deliveryId),
  }
}
