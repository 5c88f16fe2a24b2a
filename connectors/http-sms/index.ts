import { MusterError } from '../../domain/error.ts'
import type { MessageChannel, OutgoingMessage, SendFault, SendOutcome } from '../channel.ts'
import { runTimed } from '../deadline.ts'
import { parseDuration } from '../duration.ts'
import { type HttpPool, openHttpPool, readNetworkFault } from '../http-exchange.ts'
import { isNumber } from '../recipient.ts'
import { failSend, makeSendFault } from '../send-fault.ts'
import { readAnswer } from './answer.ts'
import type { HttpSmsConfig } from './config.ts'
import { pinHost, RefusedAddress } from './network-guard.ts'
import { reachHost } from './reach.ts'
import { describeMessage, fillJson, fillText, type TemplateValues } from './template.ts'

export { httpSmsConfig } from './config.ts'

interface Gateway {
  readonly config: HttpSmsConfig
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: TemplateValues
  readonly pool: HttpPool
}

/** Opens a channel by an HTTP gateway: nothing is connected until something is sent. Secrets must have been resolved. */
export function openHttpSms(config: HttpSmsConfig): MessageChannel {
  const secrets = readSecrets(config)
  const headers = Object.fromEntries(
    Object.entries(config.headers).map(([name, text]) => [name.toLowerCase(), fillText(text, secrets)]),
  )
  const gateway: Gateway = { config, url: new URL(config.url), headers, secrets, pool: openHttpPool() }
  const timeout = parseDuration(config.timeout)
  return {
    name: 'http-sms',
    send: async (message, signal) => {
      if (!isNumber(message.to)) return failSend(makeSendFault('no-such-address'))
      const sending = await runTimed(timeout, signal, (ended) => sendToGateway(gateway, message, ended))
      return sending.late ? failSend(makeSendFault('timeout')) : sending.value
    },
    test: async (signal) => {
      const testing = await runTimed(timeout, signal, (ended) => findGatewayFault(gateway, ended))
      const { host } = gateway.url
      if (testing.late) return { ok: false, message: `${host} does not answer` }
      if (testing.value === null) return { ok: true, message: `${host} can be reached` }
      const { code, providerCode } = testing.value
      return { ok: false, message: `${host}: ${code}${providerCode === null ? '' : ` (${providerCode})`}` }
    },
    close: async () => gateway.pool.close(),
  }
}

async function sendToGateway(
  { config, url, headers, secrets, pool }: Gateway,
  message: OutgoingMessage,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { type, body } = fillBody(config, { ...secrets, ...describeMessage(message) })
  try {
    const lookup = await pinHost(url, config.network)
    const answer = await pool.exchange({
      url,
      method: config.method,
      headers: { 'content-type': type, accept: 'application/json', ...headers },
      body,
      signal,
      lookup,
    })
    return readAnswer(answer, config)
  } catch (error) {
    return failSend(readGatewayFault(error))
  }
}

function fillBody({ body }: HttpSmsConfig, values: TemplateValues) {
  if (body.form === undefined)
    return { type: 'application/json', body: JSON.stringify(fillJson(body.json ?? {}, values)) }
  const fields = Object.entries(body.form).map(([name, text]): [string, string] => [
    name,
    fillText(text, values),
  ])
  return {
    type: 'application/x-www-form-urlencoded',
    body: new URLSearchParams(fields).toString(),
  }
}

/** Without a message there is nothing to ask: whether there is a way to the gateway. */
async function findGatewayFault({ config, url }: Gateway, signal: AbortSignal): Promise<SendFault | null> {
  try {
    await reachHost(url, config.network, signal)
    return null
  } catch (error) {
    return readGatewayFault(error)
  }
}

function readGatewayFault(error: unknown): SendFault {
  if (error instanceof RefusedAddress) return makeSendFault('misconfigured', 'refused-address')
  return readNetworkFault(error)
}

function readSecrets(config: HttpSmsConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(config.secrets).map(([name, value]) => {
      if (typeof value === 'string') return [name, value]
      throw new MusterError('internal', 'an HTTP channel was opened before its secrets were resolved')
    }),
  )
}
