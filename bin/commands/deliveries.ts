import type { Command } from 'commander'
import { type DeliveryStatus, type DeliveryView, deliveryStatuses } from '../../domain/delivery.ts'
import { countDeliveries, readDeliveries } from '../../store/read/deliveries.ts'
import { findIdentity } from '../../store/read/find-identity.ts'
import { parseChoice } from '../arguments/parse-choice.ts'
import { parseLimit } from '../arguments/parse-limit.ts'
import type { CliContext } from '../context.ts'
import { type ListOutput, writeList } from '../output/write-list.ts'
import { withStore } from '../with-store.ts'

/** `muster deliveries [list] [--who WHO] [--status S]` */
export function registerDeliveries(program: Command, context: CliContext): void {
  const deliveries = program
    .command('deliveries')
    .description('messages on their way, their attempts and receipts')
  deliveries
    .command('list', { isDefault: true })
    .description('messages, newest first; what they said is not kept')
    .option('--who <who>', 'only to this identity: id, userName or SOURCE:externalId')
    .option(
      '--status <status>',
      `only these: ${deliveryStatuses.join(', ')}`,
      parseChoice('status', deliveryStatuses),
    )
    .option('--limit <n>', 'the most that are shown; 0 for all', parseLimit, 100)
    .action((options: ListOptions) => listDeliveries(context, options))
}

interface ListOptions {
  readonly who?: string
  readonly status?: DeliveryStatus
  readonly limit: number
}

function listDeliveries(context: CliContext, options: ListOptions): Promise<void> {
  return withStore(context, async ({ database }) => {
    const identity = options.who === undefined ? null : await findIdentity(database, options.who)
    const query = { identity, status: options.status ?? null }
    await writeList(context, {
      name: 'deliveries',
      total: await countDeliveries(database, query),
      batches: readDeliveries(database, { ...query, limit: options.limit }),
      columns,
    })
  })
}

const columns: ListOutput<DeliveryView>['columns'] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'WHO', value: ({ identity }) => identity.userName ?? identity.id },
  { title: 'WHAT', value: ({ template }) => template },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'WHY', value: ({ error }) => error },
  { title: 'BY', value: ({ attempts }) => attempts.map(({ connector }) => connector).join(',') },
  { title: 'CREATED', value: ({ createdAt }) => createdAt },
  { title: 'ENDED', value: ({ endedAt }) => endedAt },
]
