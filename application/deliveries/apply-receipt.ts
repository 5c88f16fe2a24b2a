import type { DeliveryStatus } from '../../domain/delivery.ts'
import type { DeliveryWorld } from './delivery-world.ts'
import { markUndeliverable } from './mark-undeliverable.ts'

/** What a provider says later about a message. Whoever calls has checked that it comes from the provider. */
export interface Receipt {
  /** The connector's type: `twilio`. */
  readonly connector: string
  readonly providerId: string
  readonly status: 'sent' | 'delivered' | 'failed'
  /** The provider's own code where it failed. */
  readonly providerCode: string | null
  /** Our own id, where the provider brings it back: a receipt may come before the answer to the send. */
  readonly deliveryId?: string | null
}

/** Receipts only move forward, so a replayed or late one changes nothing. */
const ranks: Readonly<Record<DeliveryStatus, number>> = {
  queued: 0,
  sent: 1,
  delivered: 2,
  failed: 2,
  abandoned: 2,
}

type ReceiptWorld = Pick<DeliveryWorld, 'store' | 'clock' | 'routes' | 'faultOf' | 'onOutcome'>

/** Answers whether it changed anything. One of an unknown message changes nothing. */
export async function applyReceipt(world: ReceiptWorld, receipt: Receipt): Promise<boolean> {
  const { store, clock } = world
  const { providerId, status } = receipt
  const fault = status === 'failed' ? readFault(world, receipt) : null
  const received = await store.transaction(async (trx) => {
    const found = await store.deliveries.lockReceived(trx, {
      connectors: labelsOf(world, receipt.connector),
      providerId,
      deliveryId: receipt.deliveryId ?? null,
    })
    if (found === null || ranks[status] <= ranks[found.status]) return undefined
    const errorCode = fault?.code ?? null
    await store.deliveries.receiveDelivery(trx, found.id, { status, providerId, errorCode, now: clock() })
    return found
  })
  if (received === undefined) return false
  const { channel, enrollmentId } = received
  const connector = receipt.connector
  world.onOutcome?.({ channel, connector, outcome: status, code: fault?.code ?? null })
  if (fault?.class === 'address') {
    await markUndeliverable(world, { enrollmentId, address: null, reason: fault.code })
  }
  return true
}

function readFault({ faultOf }: ReceiptWorld, { connector, providerCode }: Receipt) {
  return faultOf(connector, providerCode ?? '')
}

/** A route with several channels of one type tells them apart by a number. */
function labelsOf({ routes }: ReceiptWorld, connector: string): readonly string[] {
  const labels = [...routes.sms, ...routes.email].map(({ label }) => label)
  return [...new Set([connector, ...labels.filter((label) => label.startsWith(`${connector}#`))])]
}
