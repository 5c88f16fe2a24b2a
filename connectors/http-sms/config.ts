import { z } from 'zod'
import { findNearest } from '../../domain/nearest.ts'
import { sendTimeout, servedCountries, webAddress } from '../channel-schema.ts'
import { isLoopback } from '../loopback.ts'
import { secret } from '../mapping-schema.ts'
import { sendFaultCodes } from '../send-fault.ts'
import { listPlaceholders, listTexts, messageFields } from './template.ts'

const placeName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a letter, then letters, digits or _')
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of a header')
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'one line')
const jsonPath = z
  .string()
  .regex(/^[^.]+(\.[^.]+)*$/, 'names and positions with dots between, as in messages.0.id')

const body = z
  .strictObject({
    json: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('A JSON document; its texts are templates. "{seconds}" standing alone becomes a number.'),
    form: z
      .record(z.string(), z.string())
      .optional()
      .describe('Form fields (application/x-www-form-urlencoded); their values are templates.'),
  })
  .describe(
    'What is sent, as json or form. Templates know {to} (E.164), {digits} (without the plus), {text}, {id} (the same on every attempt), {seconds} (how long the code lives) and each of `secrets`.',
  )

const success = z
  .strictObject({
    statuses: z.array(z.int().min(200).max(299)).min(1).optional().describe('Default: every 2xx.'),
    path: jsonPath.optional().describe('A value in a JSON answer that has to be one of `oneOf`.'),
    oneOf: z.array(z.string()).min(1).optional().describe('What `path` says of a message that was taken.'),
    id: jsonPath.optional().describe("Where a JSON answer has the gateway's id of the message."),
  })
  .prefault({})
  .describe('When a message counts as taken.')

const faults = z
  .strictObject({
    path: jsonPath.describe('Where a JSON answer has the code of the fault.'),
    codes: z
      .record(z.string(), z.enum(sendFaultCodes))
      .describe("The gateway's code: what it means here; see docs/channels.md."),
  })
  .optional()
  .describe("What the gateway's own codes mean; left out: the HTTP status alone decides.")

/** `type: http-sms`: text messages by any gateway that takes an HTTP request. */
export const httpSmsConfig = z
  .strictObject({
    type: z.literal('http-sms'),
    url: webAddress('an address such as https://sms.example.com/v1/messages').describe(
      'Where the gateway takes messages. No template: numbers and codes do not belong in a URL.',
    ),
    method: z.enum(['POST', 'PUT']).default('POST').describe('The method of the request.'),
    headers: z
      .record(headerName, headerValue)
      .default({})
      .describe('Headers; their values are templates that know `secrets`, as in "Bearer {token}".'),
    secrets: z.record(placeName, secret).default({}).describe('Secrets that templates name, as in {token}.'),
    body,
    success,
    faults,
    network: z
      .enum(['public', 'private', 'loopback'])
      .default('public')
      .describe(
        'What the host may resolve to. private: also addresses of private networks. loopback: this machine only, http too.',
      ),
    countries: servedCountries,
    timeout: sendTimeout,
  })
  .superRefine((config, context) => {
    const report = (path: readonly (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', message, path: [...path] })
    if ((config.body.json === undefined) === (config.body.form === undefined))
      report(['body'], 'either json or form is needed, not both')
    if ((config.success.path === undefined) !== (config.success.oneOf === undefined))
      report(['success'], 'path and oneOf need each other')
    const address = findAddressFault(config.url, config.network)
    if (address) report(['url'], address)
    const secrets = Object.keys(config.secrets)
    for (const name of secrets)
      if (messageFields.some((field) => field === name)) report(['secrets', name], 'this name is taken')
    const check = (path: readonly string[], texts: readonly string[], known: readonly string[]) => {
      const unknown = texts.flatMap(listPlaceholders).find((name) => !known.includes(name))
      if (unknown === undefined) return
      const nearest = findNearest(unknown, known)
      const hint = nearest === null ? '' : `: did you mean {${nearest}}?`
      report(path, `there is nothing called {${unknown}}${hint}`)
    }
    check(['headers'], Object.values(config.headers), secrets)
    check(['body'], listTexts(config.body), [...messageFields, ...secrets])
  })
  .describe('Text messages by any gateway that takes an HTTP request.')

export type HttpSmsConfig = z.infer<typeof httpSmsConfig>
export type Network = HttpSmsConfig['network']

function findAddressFault(address: string, network: Network): string | null {
  if (!URL.canParse(address)) return null
  const { protocol, hostname } = new URL(address)
  if (protocol === 'https:') return null
  if (network !== 'loopback') return 'https is needed; http is for loopback, with network: loopback'
  return isLoopback(hostname) ? null : 'http is for loopback only'
}
