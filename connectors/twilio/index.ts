import { MusterError } from '../../domain/error.ts'
import type { MessageChannel } from '../channel.ts'
import { runTimed } from '../deadline.ts'
import { parseDuration } from '../duration.ts'
import { openHttpPool } from '../http-exchange.ts'
import { isLoopback } from '../loopback.ts'
import { isNumber } from '../recipient.ts'
import { failSend, makeSendFault } from '../send-fault.ts'
import { twilioCallbackUrl } from './callback.ts'
import type { TwilioConfig } from './config.ts'
import type { SenderSettings } from './sender.ts'

export {
  readTwilioStatus,
  twilioCallbackUrl,
  verifyTwilioSignature,
} from './callback.ts'
export { twilioConfig } from './config.ts'
export { readTwilioCode } from './faults.ts'

export interface TwilioOptions {
  /** Where Twilio reaches this server for delivery reports; null: it does not. */
  readonly publicUrl: string | null
}

/** Opens a channel by Twilio: nothing is connected until something is sent. Secrets must have been resolved. */
export function openTwilio(config: TwilioConfig, { publicUrl }: TwilioOptions): MessageChannel {
  const settings = makeSettings(config)
  const reports = config.token !== undefined && canReach(publicUrl, config.url) ? publicUrl : null
  const pool = openHttpPool()
  const timeout = parseDuration(config.timeout)
  // Loaded at once, so that the first code need not wait for it, and not by who only reads the configuration.
  const library = import('./sender.ts')
  return {
    name: 'twilio',
    send: async (message, signal) => {
      if (!isNumber(message.to)) return failSend(makeSendFault('no-such-address'))
      const { sendByTwilio } = await library
      const callback = reports === null ? null : twilioCallbackUrl(reports, message.deliveryId)
      const sending = await runTimed(timeout, signal, (ended) =>
        sendByTwilio(settings, pool, message, callback, ended),
      )
      return sending.late ? failSend(makeSendFault('timeout')) : sending.value
    },
    test: async (signal) => {
      const { findTwilioFault } = await library
      const testing = await runTimed(timeout, signal, (ended) => findTwilioFault(settings, pool, ended))
      if (testing.late) return { ok: false, message: 'Twilio does not answer' }
      if (testing.value === null) return { ok: true, message: 'Twilio accepts the credentials' }
      const { code, providerCode } = testing.value
      return { ok: false, message: `Twilio: ${code}${providerCode === null ? '' : ` (${providerCode})`}` }
    },
    close: async () => pool.close(),
  }
}

function makeSettings(config: TwilioConfig): SenderSettings {
  const { account, apiKeySid, apiKey, token, messagingService, from, url } = config
  const [user, password] = apiKeySid === undefined ? [account, token] : [apiKeySid, apiKey]
  if (typeof password !== 'string')
    throw new MusterError('internal', 'a Twilio channel was opened before its secrets were resolved')
  const sender =
    messagingService === undefined ? { from: from ?? '' } : { messagingServiceSid: messagingService }
  return { account, user, password, url, sender }
}

/** Twilio refuses callbacks that it cannot reach (error 21609). */
function canReach(publicUrl: string | null, apiUrl: string): boolean {
  if (publicUrl === null) return false
  return !isLoopback(new URL(publicUrl).hostname) || isLoopback(new URL(apiUrl).hostname)
}
