import { applyReceipt } from '../../application/deliveries/apply-receipt.ts'
import type { Configuration } from '../../config/configuration.ts'
import { readTwilioStatus, twilioCallbackUrl, verifyTwilioSignature } from '../../connectors/twilio/index.ts'
import type { ProviderCallbacks } from '../../server/provider-callbacks.ts'

/**
 * What providers may tell. Twilio's reports count where a channel has the account's auth token, which signs them, and
 * the configuration says how we are reached; else nobody could tell a forged one.
 */
export function listenToProviders(
  configuration: {
    readonly server: Pick<Configuration['server'], 'publicUrl'>
    readonly channels: Configuration['channels']
  },
  world: Parameters<typeof applyReceipt>[0],
): ProviderCallbacks {
  const { publicUrl } = configuration.server
  const tokens = () =>
    configuration.channels.sms
      .reveal()
      .flatMap((channel) =>
        channel.type === 'twilio' && typeof channel.token === 'string' ? [channel.token] : [],
      )
  if (publicUrl === null || tokens().length === 0) return { twilio: null }
  return {
    twilio: async ({ deliveryId, params, signature }) => {
      const url = twilioCallbackUrl(publicUrl, deliveryId)
      const isGenuine = tokens().some((authToken) =>
        verifyTwilioSignature({ authToken, url, params, signature }),
      )
      if (!isGenuine) return false
      const report = readTwilioStatus(params)
      if (report !== null) await applyReceipt(world, { connector: 'twilio', deliveryId, ...report })
      return true
    },
  }
}
