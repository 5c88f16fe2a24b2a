import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail that a local server took. */
export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** The whole message, headers and body. */
  readonly raw: string
  readonly secure: boolean
  /** The account that signed in; empty for none. */
  readonly user: string
}

/** A refusal, as `550 5.1.1 no such user`; `hang` never answers. */
export type SmtpReply = string | 'hang'

/** At which command the next refusal is given. */
export type SmtpStep = 'connect' | 'mail' | 'rcpt' | 'data'

export interface SmtpServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** Connections that are open now. */
  readonly connections: number
  /** The next time that the step is reached it is refused; several are given in turn. */
  refuseNext(step: SmtpStep, ...replies: readonly SmtpReply[]): void
  close(): Promise<void>
}

export interface SmtpServerSettings {
  readonly tls?: { readonly cert: string; readonly key: string }
  /** `tls`: from the first byte. `none`: STARTTLS is not offered. */
  readonly mode?: 'starttls' | 'tls' | 'none'
  readonly account?: { readonly user: string; readonly password: string }
}

/** A real SMTP server on a free loopback port, with refusals on demand. */
export async function startSmtpServer(settings: SmtpServerSettings = {}): Promise<SmtpServer> {
  const mails: ReceivedMail[] = []
  const refusals: Record<SmtpStep, SmtpReply[]> = { connect: [], mail: [], rcpt: [], data: [] }
  const pass = (step: SmtpStep, done: (error?: Error | null) => void) => {
    const reply = refusals[step].shift()
    if (reply === undefined) done()
    else if (reply !== 'hang') done(makeRefusal(reply))
  }
  const mode = settings.mode ?? (settings.tls ? 'starttls' : 'none')
  const options: SMTPServerOptions = {
    secure: mode === 'tls',
    disabledCommands: [...(mode === 'none' ? ['STARTTLS'] : []), ...(settings.account ? [] : ['AUTH'])],
    authOptional: settings.account === undefined,
    ...(settings.tls ?? {}),
    ...(settings.account ? { allowInsecureAuth: false } : {}),
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
    onConnect: (_, done) => pass('connect', done),
    onMailFrom: (_address, _session, done) => pass('mail', done),
    onRcptTo: (_address, _session, done) => pass('rcpt', done),
    onAuth: (auth, _session, done) => {
      const { account } = settings
      if (auth.username === account?.user && auth.password === account?.password)
        done(null, { user: auth.username })
      else done(makeRefusal('535 5.7.8 wrong password'))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const mail = {
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : '',
        }
        pass('data', (error) => {
          if (!error) mails.push(mail)
          done(error ?? null, 'OK: queued as 4F1A2B3C4D')
        })
      })
    },
  }
  const server = new SMTPServer(options)
  // A client that hangs up is no fault of the server.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails,
    get connections() {
      return server.connections.size
    },
    refuseNext: (step, ...replies) => {
      refusals[step].push(...replies)
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function makeRefusal(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) })
}
