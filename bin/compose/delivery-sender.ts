import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { createDeliverySender, type DeliverySender } from '../../application/deliveries/delivery-sender.ts'
import type { DeliveryWorld } from '../../application/deliveries/delivery-world.ts'
import { offerEvery, offerOverdue } from '../../application/deliveries/offer-overdue.ts'
import { type DeliverRequest, deliveryTaskQueue, workflowIds } from '../../workflows/messages.ts'

export interface SendingParts {
  readonly world: DeliveryWorld
  /** Connects to Temporal when it is first needed; rejects where nobody answers. */
  readonly client: () => Promise<Client>
  readonly log: Logger
  readonly taskQueue?: string
  /** No look for overdue deliveries before this says so; left out: at once. */
  readonly isReady?: () => boolean
}

/** A sender that runs, with the look for what nobody sent. */
export interface RunningSender extends DeliverySender {
  /** No more looks; settles when what is under way has ended. */
  close(): Promise<void>
}

/** Milliseconds that a start of the workflow may take: without Temporal the next look takes the delivery up. */
const startWithin = 1000

/** Starts sending in this process. */
export function startSending({
  world,
  client,
  log,
  taskQueue = deliveryTaskQueue,
  isReady = () => true,
}: SendingParts): RunningSender {
  const sender = createDeliverySender(world, {
    handOn: (request) => withinTime(async () => startDelivering(await client(), request, taskQueue)),
    onError: (err, delivery) => log.warn({ err, delivery }, 'A delivery waits for the next look.'),
  })
  let looking: Promise<unknown> = Promise.resolve()
  let isIdle = true
  const timer = setInterval(() => {
    if (!isIdle || !isReady()) return
    isIdle = false
    looking = offerOverdue(world, sender)
      .catch((err: unknown) => log.warn({ err }, 'Queued deliveries could not be looked for.'))
      .finally(() => {
        isIdle = true
      })
  }, offerEvery)
  return {
    ...sender,
    close: async () => {
      clearInterval(timer)
      await looking
      await sender.drain()
    },
  }
}

/** Starts the workflow of a delivery; one that runs already is fine. */
async function startDelivering(client: Client, request: DeliverRequest, taskQueue: string): Promise<void> {
  await client.withDeadline(Date.now() + startWithin, () =>
    client.workflow.start('deliverChallenge', {
      workflowId: workflowIds.deliver(request.deliveryId),
      taskQueue,
      args: [request],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  )
}

/** Rejects when connecting and starting take longer than they may; what comes later is dropped. */
async function withinTime(work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Temporal did not answer in time.')), startWithin * 2)
  })
  try {
    await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
