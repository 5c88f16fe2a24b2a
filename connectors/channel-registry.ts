import { z } from 'zod'
import type { MessageChannel } from './channel.ts'
import { httpSmsConfig, openHttpSms } from './http-sms/index.ts'
import { type Outbox, openOutbox, outboxConfig } from './outbox/index.ts'
import { openSmtp, smtpConfig } from './smtp/index.ts'
import { openTwilio, twilioConfig } from './twilio/index.ts'

/** One channel of `channels.sms`. */
export const smsChannel = z.discriminatedUnion('type', [twilioConfig, httpSmsConfig, outboxConfig])

/** One channel of `channels.email`. */
export const emailChannel = z.discriminatedUnion('type', [smtpConfig, outboxConfig])

export type ChannelSettings = z.infer<typeof smsChannel> | z.infer<typeof emailChannel>

/** What opening a channel needs beside its own configuration. */
export interface ChannelOptions {
  /** Where providers reach this server for delivery reports; null: they do not. */
  readonly publicUrl: string | null
  /** Where `outbox` channels put their messages. */
  readonly outbox: Outbox
}

/**
 * Opens a channel by the `type` of its configuration, whose secrets and paths have been resolved. Nothing is
 * connected yet. Throws `configuration` where a file that it names cannot be read.
 */
export function openChannel(settings: ChannelSettings, options: ChannelOptions): MessageChannel {
  switch (settings.type) {
    case 'twilio':
      return openTwilio(settings, options)
    case 'smtp':
      return openSmtp(settings)
    case 'http-sms':
      return openHttpSms(settings)
    case 'outbox':
      return openOutbox(settings, options.outbox)
  }
}
