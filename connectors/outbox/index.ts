import type { MessageChannel } from '../channel.ts'
import { isMailbox, isNumber } from '../recipient.ts'
import { failSend, makeSendFault } from '../send-fault.ts'
import type { OutboxConfig } from './config.ts'
import type { Outbox } from './outbox.ts'

export { outboxConfig } from './config.ts'
export { Outbox } from './outbox.ts'

/** Opens a channel whose messages go to `outbox` and nowhere else. */
export function openOutbox(config: OutboxConfig, outbox: Outbox): MessageChannel {
  outbox.reserve(config.capacity)
  return {
    name: 'outbox',
    send: async (message, signal) => {
      if (signal.aborted) return failSend(makeSendFault('timeout'))
      const isOne = message.subject === null ? isNumber(message.to) : isMailbox(message.to)
      if (!isOne) return failSend(makeSendFault('no-such-address'))
      return { ok: true, providerId: String(outbox.put(message).number) }
    },
    test: async () => ({ ok: true, message: 'messages are kept in memory and shown on loopback' }),
    close: async () => undefined,
  }
}
