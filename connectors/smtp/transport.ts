import { createTransport } from 'nodemailer'
import type { OutgoingMessage, SendFault, SendOutcome } from '../channel.ts'
import { failSend, makeSendFault } from '../send-fault.ts'
import { readSmtpError, readSmtpFault } from './faults.ts'
import { composeMail } from './mail.ts'
import type { Sender } from './sender-address.ts'

export interface TransportSettings {
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'tls' | 'none'
  /** PEM of the trusted authorities; null: those of Node. */
  readonly ca: string | null
  readonly servername: string | null
  readonly auth: { readonly user: string; readonly pass: string } | null
  readonly from: Sender
  readonly connections: number
  /** Milliseconds, of each step. */
  readonly timeout: number
}

export interface SmtpTransport {
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>
  /** Connects, starts TLS, signs in and leaves; null where that works. */
  findFault(): Promise<SendFault | null>
  close(): void
}

/** The envelope that would leave is not the one that was meant. */
class EnvelopeMismatch extends Error {}

/** A pool of connections, opened as they are needed. Never logs. */
export function openTransport(settings: TransportSettings): SmtpTransport {
  const transporter = createTransport({
    pool: true,
    host: settings.host,
    port: settings.port,
    secure: settings.tls === 'tls',
    requireTLS: settings.tls === 'starttls',
    ignoreTLS: settings.tls === 'none',
    tls: {
      minVersion: 'TLSv1.2',
      ...(settings.ca === null ? {} : { ca: settings.ca }),
      ...(settings.servername === null ? {} : { servername: settings.servername }),
    },
    ...(settings.auth === null ? {} : { auth: { ...settings.auth } }),
    maxConnections: settings.connections,
    maxMessages: 100,
    // Once: for a kept connection that the server has closed in the meantime.
    maxRequeues: 1,
    idleTimeout: 60_000,
    connectionTimeout: settings.timeout,
    greetingTimeout: settings.timeout,
    socketTimeout: settings.timeout,
    dnsTimeout: settings.timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
    debug: false,
  })
  transporter.use('stream', (mail, done) => {
    const { to } = mail.message.getEnvelope()
    const meant = mail.data.envelope?.to
    done(isSame(to, Array.isArray(meant) ? meant : []) ? null : new EnvelopeMismatch())
  })
  return {
    send: async (message, signal) => {
      try {
        const sent = await transporter.sendMail({ ...composeMail(message, settings.from), signal })
        const isMeant = isSame(sent.accepted, [message.to]) && isSame(sent.envelope.to, [message.to])
        if (!isMeant) return failSend(makeSendFault('misconfigured', 'envelope'))
        return { ok: true, providerId: readQueueId(sent.response) }
      } catch (error) {
        if (error instanceof EnvelopeMismatch) return failSend(makeSendFault('no-such-address', 'envelope'))
        return failSend(readSmtpFault(readSmtpError(error)))
      }
    },
    findFault: async () => {
      try {
        await transporter.verify()
        return null
      } catch (error) {
        return readSmtpFault(readSmtpError(error))
      }
    },
    close: () => transporter.close(),
  }
}

function isSame(addresses: unknown, meant: readonly unknown[]): boolean {
  return Array.isArray(addresses) && addresses.length === 1 && meant.length === 1 && addresses[0] === meant[0]
}

/** The id under which the server keeps it, where it is written as Postfix, Exim and Sendmail do. */
function readQueueId(response: string | undefined): string | null {
  const [, id = null] = /\b(?:queued as|id=|queued_as:?)\s*([A-Za-z0-9-]{6,32})\b/i.exec(response ?? '') ?? []
  return id
}
