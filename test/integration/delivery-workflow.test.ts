import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { Worker } from '@temporalio/worker'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDeliveryActivities } from '../../activities/index.ts'
import { type RunningSender, startSending } from '../../bin/compose/delivery-sender.ts'
import { connectClient } from '../../bin/compose/temporal.ts'
import { workflowIds } from '../../workflows/messages.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { openTestDeliveries, type TestDeliveries } from '../support/delivery-world.ts'
import { recordHistories } from '../support/histories.ts'
import { openTestTemporal, type TestTemporal } from '../support/temporal.ts'
import {
  startTwilioServer,
  type TwilioServer,
  twilioAccount,
  twilioError,
  twilioToken,
} from '../support/twilio-server.ts'

let test: TestDatabase
let temporal: TestTemporal
let first: TwilioServer
let second: TwilioServer
let deliveries: TestDeliveries
let sending: RunningSender
let worker: { readonly ended: Promise<void>; end(): void }
/** Temporal as the server sees it. */
let isAway = false

beforeAll(async () => {
  test = await createTestDatabase()
  ;[temporal, first, second] = await Promise.all([
    openTestTemporal(),
    startTwilioServer(),
    startTwilioServer(),
  ])
  const channel = {
    type: 'twilio',
    account: twilioAccount,
    token: twilioToken,
    from: '+4915100000000',
    timeout: '1s',
  }
  const sms = [first, second].map(({ url }) => ({ ...channel, url }))
  deliveries = await openTestDeliveries(test.database, { sms })
  const running = await Worker.create({
    ...temporal.workerOptions,
    activities: createDeliveryActivities(deliveries.world),
  })
  worker = { ended: running.run(), end: () => running.shutdown() }
  sending = startSending({
    world: deliveries.world,
    client: async () => {
      if (!isAway) return temporal.client
      // A port that nobody listens on.
      const nowhere = { address: '127.0.0.1:1', namespace: 'muster', tls: null, apiKey: null }
      return (await connectClient(nowhere, 1000)).client
    },
    log: pino({ level: 'silent' }),
    taskQueue: temporal.workerOptions.taskQueue,
  })
})
afterAll(async () => {
  await sending?.close()
  if (temporal !== undefined) await recordHistories(temporal.client, 'deliverChallenge')
  worker?.end()
  await worker?.ended
  await deliveries?.close()
  await Promise.all([first?.close(), second?.close()])
  await temporal?.close()
  await test?.close()
})

// A channel that was sick in one test is well in the next.
beforeEach(() => deliveries.world.health.note('twilio', true, new Date()))

const resultOf = (deliveryId: string) =>
  temporal.client.workflow.getHandle(workflowIds.deliver(deliveryId)).result()
const started = (deliveryId: string) =>
  expect
    .poll(
      () =>
        temporal.client.workflow
          .getHandle(workflowIds.deliver(deliveryId))
          .describe()
          .then(
            () => true,
            () => false,
          ),
      { timeout: 10_000 },
    )
    .toBe(true)

describe('what the server could not send', () => {
  it.each([
    ['a provider that hangs', 'hang', 'timeout'],
    ['a provider that hangs up', 'drop', 'unreachable'],
    ['a provider that fails', twilioError(500, 20500), 'provider-error'],
    ['a provider that refuses us', twilioError(401, 20003), 'refused-credentials'],
  ] as const)('is carried on by the workflow: %s', async (_, answer, fault) => {
    const { deliveryId, code } = await deliveries.challenge()
    first.answerNext(answer)
    sending.offer(deliveryId)
    await started(deliveryId)
    expect(await resultOf(deliveryId)).toEqual({ status: 'sent' })
    const attempts = await deliveries.attempts(deliveryId)
    expect(attempts).toMatchObject([
      { connector: 'twilio', outcome: 'retry', error_code: fault },
      { connector: 'twilio#2', outcome: 'sent' },
    ])
    expect(second.messages.at(-1)?.fields['Body']).toContain(code)
  })

  it('is abandoned when the code has expired, and nothing is sent then', async () => {
    const { deliveryId } = await deliveries.challenge({ validity: 2500 })
    for (const server of [first, second]) server.answerAll(twilioError(503, 20500))
    sending.offer(deliveryId)
    await started(deliveryId)
    expect(await resultOf(deliveryId)).toEqual({ status: 'abandoned' })
    for (const server of [first, second]) server.answerAll(null)
    const row = await deliveries.delivery(deliveryId)
    expect(row).toMatchObject({ status: 'abandoned' })
    for (const { at } of await deliveries.attempts(deliveryId)) {
      expect((at as Date).getTime()).toBeLessThan((row['deadline'] as Date).getTime())
    }
  })

  it('leaves neither code nor address in the history of the workflow', async () => {
    const { deliveryId, code } = await deliveries.challenge({ address: '+4915199887766' })
    first.answerNext(twilioError(500, 20500))
    sending.offer(deliveryId)
    await started(deliveryId)
    await resultOf(deliveryId)
    const handle = temporal.client.workflow.getHandle(workflowIds.deliver(deliveryId))
    const history = historyToJSON(await handle.fetchHistory())
    const decoded = history.replace(/"data":\s*"([^"]*)"/g, (_, data: string) =>
      Buffer.from(data, 'base64').toString(),
    )
    expect(decoded).toContain(deliveryId)
    expect(decoded).not.toContain(code)
    expect(decoded).not.toContain('15199887766')
  })

  it('is sent without Temporal while that is away', async () => {
    isAway = true
    const { deliveryId } = await deliveries.challenge()
    first.answerNext(twilioError(500, 20500))
    sending.offer(deliveryId)
    await expect
      .poll(() => deliveries.delivery(deliveryId), { timeout: 15_000 })
      .toMatchObject({ status: 'sent' })
    isAway = false
    await expect(
      temporal.client.workflow.getHandle(workflowIds.deliver(deliveryId)).describe(),
    ).rejects.toThrow()
  })
})
