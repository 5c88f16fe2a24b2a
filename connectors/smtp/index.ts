import { readFileSync } from 'node:fs'
import { MusterError } from '../../domain/error.ts'
import type { MessageChannel } from '../channel.ts'
import { runTimed } from '../deadline.ts'
import { parseDuration } from '../duration.ts'
import { isMailbox } from '../recipient.ts'
import { failSend, makeSendFault } from '../send-fault.ts'
import type { SmtpConfig } from './config.ts'
import { parseSender } from './sender-address.ts'
import type { TransportSettings } from './transport.ts'

export { smtpConfig } from './config.ts'

const defaultPorts = { starttls: 587, tls: 465, none: 25 } as const

/**
 * Opens a channel by SMTP: nothing is connected until something is sent. Secrets must have been resolved; throws
 * `configuration` where the file of the authorities cannot be read.
 */
export function openSmtp(config: SmtpConfig): MessageChannel {
  const settings = makeSettings(config)
  // Loaded at once, so that the first code need not wait for it, and not by who only reads the configuration.
  const opening = import('./transport.ts').then(({ openTransport }) => openTransport(settings))
  return {
    name: 'smtp',
    send: async (message, signal) => {
      if (!isMailbox(message.to)) return failSend(makeSendFault('no-such-address'))
      const transport = await opening
      const sending = await runTimed(settings.timeout, signal, (ended) => transport.send(message, ended))
      return sending.late ? failSend(makeSendFault('timeout')) : sending.value
    },
    test: async (signal) => {
      const transport = await opening
      const testing = await runTimed(settings.timeout, signal, () => transport.findFault())
      const server = `${settings.host}:${settings.port}`
      if (testing.late) return { ok: false, message: `${server} does not answer` }
      if (testing.value === null) return { ok: true, message: `${server} takes mail from this account` }
      const { code, providerCode } = testing.value
      return { ok: false, message: `${server}: ${code}${providerCode === null ? '' : ` (${providerCode})`}` }
    },
    close: async () => (await opening).close(),
  }
}

function makeSettings(config: SmtpConfig): TransportSettings {
  const { host, tls, user, password, connections } = config
  const from = parseSender(config.from)
  if (from === null || (user !== undefined && typeof password !== 'string'))
    throw new MusterError('internal', 'an SMTP channel was opened before its settings were resolved')
  return {
    host,
    port: config.port ?? defaultPorts[tls],
    tls,
    ca: config.ca === undefined ? null : readAuthorities(config.ca),
    servername: config.servername ?? null,
    auth: user === undefined || typeof password !== 'string' ? null : { user, pass: password },
    from,
    connections,
    timeout: parseDuration(config.timeout),
  }
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new MusterError('configuration', `the authorities of an SMTP channel cannot be read: ${file}`, {
      cause,
    })
  }
}
