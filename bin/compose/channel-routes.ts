import type { ChannelRoute } from '../../application/deliveries/choose-route.ts'
import { type ChannelOptions, type ChannelSettings, openChannel } from '../../connectors/channel-registry.ts'

/** Opens the channels of one kind in their order. Several of one type are told apart in records by a number. */
export function openRoutes(
  settings: readonly ChannelSettings[],
  options: ChannelOptions,
): readonly ChannelRoute[] {
  const seen = new Map<string, number>()
  return settings.map((one) => {
    const channel = openChannel(one, options)
    const count = (seen.get(channel.name) ?? 0) + 1
    seen.set(channel.name, count)
    const label = count === 1 ? channel.name : `${channel.name}#${count}`
    const countries = 'countries' in one && one.countries !== undefined ? new Set(one.countries) : null
    return { label, channel, countries }
  })
}
