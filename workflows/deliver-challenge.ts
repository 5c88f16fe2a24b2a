import { continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow'
import type { DeliveryActivities } from '../activities/activities.ts'
import type { DeliveryStatus, DeliveryStep } from '../domain/delivery.ts'
import type { DeliverRequest } from './messages.ts'

const { attemptDelivery } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '20 seconds',
  // PostgreSQL that is away comes back; the deadline is looked at by each attempt.
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
})

/** Milliseconds between two attempts at the least, whatever the step says. */
const shortest = 100

/**
 * Carries on a delivery whose first attempt did not succeed: attempt after attempt along the channels of its route,
 * until it is sent, has failed for good, or its deadline is over. The last attempt at the deadline sends nothing; it
 * records that the delivery was abandoned.
 */
export async function deliverChallenge(
  request: DeliverRequest,
): Promise<{ readonly status: Exclude<DeliveryStatus, 'queued'> }> {
  const { deliveryId, deadline } = request
  for (;;) {
    const step: DeliveryStep = await attemptDelivery({ deliveryId })
    if (step.status !== 'queued') return { status: step.status }
    const left = Date.parse(deadline) - Date.now()
    await sleep(Math.max(shortest, left > 0 ? Math.min(step.waitMs, left) : step.waitMs))
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof deliverChallenge>(request)
  }
}
