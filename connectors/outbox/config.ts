import { z } from 'zod'

/** `type: outbox`: messages stay in the memory of this process, for a page on loopback. Embedded mode only. */
export const outboxConfig = z
  .strictObject({
    type: z.literal('outbox'),
    capacity: z
      .int()
      .min(1)
      .max(10_000)
      .default(200)
      .describe('How many messages are kept; the oldest go first.'),
  })
  .describe('Messages are kept in memory and shown on a page on loopback. Embedded mode only.')

export type OutboxConfig = z.infer<typeof outboxConfig>
