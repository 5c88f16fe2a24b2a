import { z } from 'zod'
import { sendTimeout, servedCountries, webAddress } from '../channel-schema.ts'
import { isLoopback } from '../loopback.ts'
import { secret } from '../mapping-schema.ts'

const sid = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `${prefix} and 32 hexadecimal digits`)

/** `type: twilio`: text messages by Twilio's Programmable Messaging. */
export const twilioConfig = z
  .strictObject({
    type: z.literal('twilio'),
    account: sid('AC').describe('The account SID.'),
    apiKeySid: sid('SK').optional().describe('The SID of the API key that sends; needs `apiKey`.'),
    apiKey: secret.optional().describe('The secret of the API key, as { env: NAME } or { file: PATH }.'),
    token: secret
      .optional()
      .describe(
        "The account's auth token. It signs delivery reports, so without it none are asked for; it sends where no API key is given.",
      ),
    messagingService: sid('MG').optional().describe('The messaging service that chooses the sender.'),
    from: z
      .string()
      .regex(
        /^(\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11})$/,
        'a number in E.164, a short code or a sender id',
      )
      .optional()
      .describe('The sender where no messaging service chooses one: a number, a short code or a sender id.'),
    countries: servedCountries,
    url: webAddress('the address of the API, as in https://api.twilio.com')
      .default('https://api.twilio.com')
      .describe(
        "Where the API answers; another one for gateways that speak Twilio's. http on loopback only.",
      ),
    timeout: sendTimeout,
  })
  .superRefine((config, context) => {
    const report = (key: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [key] })
    if ((config.apiKey === undefined) !== (config.apiKeySid === undefined))
      report(config.apiKey === undefined ? 'apiKeySid' : 'apiKey', 'apiKeySid and apiKey need each other')
    if (config.apiKey === undefined && config.token === undefined)
      report('token', 'either an API key (apiKeySid and apiKey) or the token is needed')
    if ((config.from === undefined) === (config.messagingService === undefined))
      report(
        config.from === undefined ? 'messagingService' : 'from',
        'either messagingService or from is needed, not both',
      )
    if (URL.canParse(config.url) && !isSafe(new URL(config.url)))
      report('url', 'https is needed: numbers and codes would travel readable')
  })
  .describe('Text messages by Twilio.')

export type TwilioConfig = z.infer<typeof twilioConfig>

function isSafe(url: URL): boolean {
  return url.protocol === 'https:' || isLoopback(url.hostname)
}
