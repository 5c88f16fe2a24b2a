import type { Transaction } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import type { NewDelivery } from '../../store/write/deliveries.ts'

/**
 * Puts a message on its way, in the transaction of what it is about: once that is committed, the message is sent, or
 * its failure is known. A second delivery for one challenge takes the place of an earlier one that nobody is sending.
 * The caller offers it to the `DeliverySender` after the commit.
 */
export async function queueDelivery(trx: Transaction, store: Store, delivery: NewDelivery): Promise<void> {
  await store.deliveries.insertDelivery(trx, delivery)
}
