import type { MessageChannel } from '../../connectors/channel.ts'
import { type SendFaultClass, sendFaultClasses } from '../../domain/send-fault.ts'

/** One channel in the order in which channels are tried. */
export interface ChannelRoute {
  /** Names it in records: the connector's type, with `#2`, `#3`, … where a route has several of a type. */
  readonly label: string
  readonly channel: MessageChannel
  /** Countries that it serves (ISO 3166-1 alpha-2); null: all of them, and every mailbox. */
  readonly countries: ReadonlySet<string> | null
}

/** What an earlier attempt of the delivery left. */
export interface PastAttempt {
  readonly connector: string
  /** Null: sent, or its outcome is not known. */
  readonly errorCode: string | null
}

/** Whether a channel failed lately, so that another is worth trying first. */
export type IsSick = (label: string) => boolean

/** What a fault means, by its code alone: records keep no more. */
const classes: Readonly<Record<string, SendFaultClass>> = sendFaultClasses

/**
 * The channel of the next attempt: of those that serve the country and are not out, the one tried least, a healthy one
 * before a sick one, else in their order. A channel is out after a fault that is final for it, and after two attempts
 * whose message may have left (`timeout`, `lost`): one repetition is worth its price, more only cost money. Null: none
 * is left.
 */
export function chooseRoute(
  routes: readonly ChannelRoute[],
  past: readonly PastAttempt[],
  country: string | null,
  isSick: IsSick,
): ChannelRoute | null {
  const open = routes.filter((route) => serves(route, country) && !isOut(route, past))
  const [first] = open
    .map((route, order) => ({
      route,
      order,
      tried: countTries(route, past),
      sick: Number(isSick(route.label)),
    }))
    .sort((a, b) => a.tried - b.tried || a.sick - b.sick || a.order - b.order)
  return first?.route ?? null
}

/**
 * Milliseconds before the attempt on that channel: none on one that is new, else 1, 2, 4, … up to 30 seconds; five
 * minutes when it has been tried for longer than a sign-in code lives.
 */
export function waitBefore(route: ChannelRoute, past: readonly PastAttempt[]): number {
  const tried = countTries(route, past)
  if (tried === 0) return 0
  return tried > 12 ? 300_000 : Math.min(30_000, 1000 * 2 ** (tried - 1))
}

function serves({ countries }: ChannelRoute, country: string | null): boolean {
  return countries === null || (country !== null && countries.has(country))
}

function isOut({ label }: ChannelRoute, past: readonly PastAttempt[]): boolean {
  const codes = past
    .filter(({ connector }) => connector === label)
    .map(({ errorCode }) => errorCode ?? 'lost')
  if (codes.some((code) => Object.hasOwn(classes, code) && classes[code] !== 'passing')) return true
  return codes.filter((code) => code === 'timeout' || code === 'lost').length >= 2
}

function countTries({ label }: ChannelRoute, past: readonly PastAttempt[]): number {
  return past.filter(({ connector }) => connector === label).length
}
