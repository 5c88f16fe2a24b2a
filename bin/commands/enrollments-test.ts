import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { DeliveryView } from '../../domain/delivery.ts'
import { getDelivery } from '../../store/read/deliveries.ts'
import { getEnrollment } from '../../store/read/enrollments.ts'
import type { CliContext } from '../context.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { withStore } from '../with-store.ts'

/** `enrollments test ID` */
export function registerEnrollmentTest(enrollments: Command, context: CliContext): void {
  enrollments
    .command('test <id>')
    .description('sends a message without a code, and says what became of it')
    .action((id: string) => testEnrollment(context, id))
}

/** Milliseconds: a server takes a message up within five seconds, and a retry takes a few more. */
const [patience, lookEvery] = [30_000, 200] as const

async function testEnrollment(context: CliContext, id: string): Promise<void> {
  const { queueTest } = await import('../../application/deliveries/queue-test.ts')
  const { v7: newId } = await import('uuid')
  const { clock, actor } = context
  await withStore(context, async ({ database, store }) => {
    const enrollment = await getEnrollment(database, id, null)
    const request = { enrollmentId: enrollment.id, actor, newId: () => newId() }
    const deliveryId = await queueTest({ store, clock }, request)
    const until = performance.now() + patience
    let delivery = await getDelivery(database, deliveryId)
    while (delivery.status === 'queued' && performance.now() < until && !context.signal.aborted) {
      await delay(lookEvery)
      delivery = await getDelivery(database, deliveryId)
    }
    if (delivery.status !== 'sent' && delivery.status !== 'delivered') context.exitCode = 1
    await showOutcome(context, delivery)
  })
}

function showOutcome({ io, globals }: CliContext, delivery: DeliveryView): Promise<void> {
  if (globals.json) return writeJson(io.out, delivery)
  const { status, address, error, attempts, id } = delivery
  const by = attempts.at(-1)?.connector
  const why = error === null ? '' : ` (${error})`
  const waits = 'Nobody has sent it yet. Is "muster up" still running?'
  return writeLines(io.out, [
    status === 'queued'
      ? `To ${address}: queued${why}. ${waits}`
      : `To ${address}: ${status}${why}${by === undefined ? '' : ` by ${by}`}.`,
    `Message ${id}; see "muster deliveries".`,
  ])
}
