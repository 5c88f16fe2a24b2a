import { z } from 'zod'
import { defaultLimits, type RateLimit } from '../domain/limit-settings.ts'
import { durationWithin, formatDuration } from './durations.ts'

const mostMessages = 10_000_000

/** `count` messages in `per`. */
function rate(standard: RateLimit, meaning: string) {
  return z
    .strictObject({
      count: z.int().min(1).max(mostMessages).default(standard.count).describe('Messages.'),
      per: durationWithin('1s', '30d').prefault(formatDuration(standard.per)).describe('In this time.'),
    })
    .prefault({})
    .describe(meaning)
}

const { budget, breaker } = defaultLimits

function dailyBudget(standard: { readonly proven: number; readonly unproven: number }, meaning: string) {
  const messages = (count: number) => z.int().min(0).max(mostMessages).default(count)
  return z
    .strictObject({
      proven: messages(standard.proven).describe('To addresses that a code has proven.'),
      unproven: messages(standard.unproven).describe('To all others.'),
    })
    .prefault({})
    .describe(meaning)
}

/** Limits against abuse of money and people; proven and unproven addresses count apart. */
export const limits = z
  .strictObject({
    destinationHour: rate(
      defaultLimits.destinationHour,
      'To one address; codes that were typed do not count.',
    ),
    destinationDay: rate(defaultLimits.destinationDay, 'To one address; codes that were typed do not count.'),
    identityHour: rate(defaultLimits.identityHour, 'For one identity, over all its addresses.'),
    identityDay: rate(defaultLimits.identityDay, 'For one identity, over all its addresses.'),
    client: rate(defaultLimits.client, 'Asked for by one client.'),
    network: rate(defaultLimits.network, 'Asked for from one network: an IPv4 /24 or an IPv6 /64.'),
    prefix: rate(defaultLimits.prefix, 'To numbers that differ in their last 4 digits only.'),
    widePrefix: rate(defaultLimits.widePrefix, 'To numbers that differ in their last 6 digits only.'),
    country: rate(defaultLimits.country, 'Text messages to one country.'),
    budget: z
      .strictObject({
        sms: dailyBudget(budget.sms, 'Text messages a day (UTC).'),
        email: dailyBudget(budget.email, 'Mails a day (UTC).'),
      })
      .prefault({})
      .describe('Messages a day.'),
    breaker: z
      .strictObject({
        mode: z
          .enum(['off', 'record', 'enforce'])
          .default(breaker.mode)
          .describe('record: raise the alert only; enforce: stop the messages too; off: do not look.'),
        sends: z
          .int()
          .min(5)
          .max(10_000)
          .default(breaker.sends)
          .describe('Messages to a prefix (a number less 4 digits) before it is judged.'),
        wideSends: z
          .int()
          .min(5)
          .max(100_000)
          .default(breaker.wideSends)
          .describe('The same for a number less 6 digits.'),
        ratio: z
          .number()
          .min(0)
          .max(1)
          .default(breaker.ratio)
          .describe('Opens where fewer of the codes than this are typed, 0 to 1.'),
        window: durationWithin('1h', '7d')
          .prefault(formatDuration(breaker.window))
          .describe('The past that is weighed.'),
        settle: durationWithin('10s', '1h')
          .prefault(formatDuration(breaker.settle))
          .describe('Messages younger than this are not weighed: people need time to type.'),
        probeAfter: durationWithin('1m', '24h')
          .prefault(formatDuration(breaker.probeAfter))
          .describe('From opening to the first probe, and between probes.'),
      })
      .prefault({})
      .describe('Stops a range of numbers whose codes are sent but never typed (SMS pumping).'),
  })
  .prefault({})
  .describe('Messages that may be sent; what is over a limit is refused with the time to wait.')
