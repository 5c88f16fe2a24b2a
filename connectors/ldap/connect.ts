import { readFile } from 'node:fs/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { Client, ResultCodeError } from 'ldapts'
import { SourceFault } from '../source-fault.ts'
import { BerError } from './ber-cursor.ts'
import { describeConnectError } from './connect-fault.ts'
import { describeBindResult } from './result-fault.ts'
import { LdapSession } from './session.ts'
import { SocketTap } from './socket-tap.ts'

export interface ConnectSettings {
  readonly tls: {
    readonly mode?: 'ldaps' | 'starttls' | 'none' | undefined
    readonly ca?: string | undefined
    readonly servername?: string | undefined
  }
  readonly bind: { readonly dn: string; readonly password: string }
  /** The folder that the path of `tls.ca` starts from. */
  readonly folder: string
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly idle: number }
  readonly messageLimit: number
}

/**
 * Opens one connection, protects it and binds. Throws SourceFault for what the server or the way to it did, and the
 * signal's reason when cancelled; nothing stays open then.
 */
export async function connectTo(
  url: string,
  settings: ConnectSettings,
  signal: AbortSignal,
): Promise<LdapSession> {
  signal.throwIfAborted()
  if (settings.bind.password === '')
    throw new SourceFault(
      'bind-refused',
      `the password of ${settings.bind.dn} is empty: a server takes that for anonymous`,
    )
  const { host, port, secure } = readAddress(url)
  const attempt = new Attempt(`${host}:${port}`, settings)
  const abort = (): void => attempt.fail(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await attempt.run({ url, host, secure })
  } catch (error) {
    attempt.fail(error)
    throw attempt.failure
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function readAddress(url: string): { host: string; port: string; secure: boolean } {
  const parsed = new URL(url)
  const secure = parsed.protocol === 'ldaps:'
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost'
  return { host, port: parsed.port || (secure ? '636' : '389'), secure }
}

interface Target {
  readonly url: string
  readonly host: string
  readonly secure: boolean
}

/** One try at one server: at most one connection, which is destroyed with the try. */
class Attempt {
  readonly #name: string
  readonly #settings: ConnectSettings
  readonly #failed: Promise<never>
  #reject: (reason: unknown) => void = () => {}
  #tcp: Socket | null = null
  #tap: SocketTap | null = null
  failure: unknown = null

  constructor(name: string, settings: ConnectSettings) {
    this.#name = name
    this.#settings = settings
    this.#failed = new Promise((_, reject) => {
      this.#reject = reject
    })
    // Whoever waits is told; when nobody waits any more, nobody has to be.
    this.#failed.catch(() => {})
  }

  /** Ends the try; the first reason counts. */
  fail(reason: unknown): void {
    this.failure ??= reason
    this.#tap?.socket.destroy()
    this.#tcp?.destroy()
    this.#reject(this.failure)
  }

  async run({ url, host, secure }: Target): Promise<LdapSession> {
    const { tls, bind, timeouts, messageLimit } = this.#settings
    const tlsOptions = await this.#readTlsOptions(host)
    const client = new Client({
      url,
      connectTimeout: timeouts.connect,
      ...(secure ? { tlsOptions } : {}),
      createConnection: ((tcpPort: number, tcpHost: string) =>
        this.#open(connectTcp(tcpPort, tcpHost))) as typeof connectTcp,
      createSecureConnection: ((...values: Parameters<typeof connectTls>) =>
        this.#openSecure(connectTls(...values), secure)) as typeof connectTls,
    })
    if (!secure && tls.mode !== 'none')
      await this.#step(client.startTLS(tlsOptions), timeouts.connect + timeouts.idle, 'starttls')
    await this.#step(client.bind(bind.dn, bind.password), timeouts.connect + timeouts.idle, 'bind')
    if (!this.#tap) throw new SourceFault('closed', `${this.#name}: the connection is gone after the bind`)
    return new LdapSession(this.#name, this.#tap, { idle: timeouts.idle, message: messageLimit })
  }

  /** A second connection would be an unauthenticated one, or one without TLS: it is refused. */
  #open(socket: Socket): Socket {
    socket.on('error', () => {})
    if (this.#tcp || this.#tap) {
      socket.destroy()
      throw new SourceFault('reconnected', `${this.#name} closed the connection before the bind was done`)
    }
    this.#tcp = socket
    this.#tap = new SocketTap(socket, (error) => this.fail(this.#describe(error, 'bind')))
    return socket
  }

  #openSecure(socket: ReturnType<typeof connectTls>, secure: boolean): typeof socket {
    socket.on('error', () => {})
    if (secure && this.#tap) {
      socket.destroy()
      throw new SourceFault('reconnected', `${this.#name} closed the connection before the bind was done`)
    }
    this.#tap = new SocketTap(socket, (error) => this.fail(this.#describe(error, 'bind')))
    return socket
  }

  async #step(work: Promise<void>, milliseconds: number, step: 'starttls' | 'bind'): Promise<void> {
    const timer = setTimeout(() => {
      const seconds = milliseconds / 1000
      this.fail(new SourceFault('silent', `${this.#name} did not answer the ${step} within ${seconds} s`))
    }, milliseconds)
    try {
      await Promise.race([work, this.#failed])
    } catch (error) {
      throw this.failure ?? this.#describe(error, step)
    } finally {
      clearTimeout(timer)
    }
  }

  #describe(error: unknown, step: 'starttls' | 'bind'): unknown {
    if (error instanceof SourceFault) return error
    if (error instanceof BerError)
      return new SourceFault('undecodable', `${this.#name} does not speak LDAP: ${error.message}`, error)
    if (error instanceof ResultCodeError) {
      if (step === 'bind') return describeBindResult(error.code, this.#name, this.#settings.bind.dn)
      return new SourceFault('starttls-refused', `${this.#name} refuses StartTLS (code ${error.code})`, error)
    }
    return describeConnectError(error, this.#name, (this.#tap?.received ?? 0) > 0)
  }

  async #readTlsOptions(host: string): Promise<ConnectionOptions> {
    const { ca, servername } = this.#settings.tls
    const options: ConnectionOptions = { host, minVersion: 'TLSv1.2' }
    const name = servername ?? (isIP(host) ? undefined : host)
    if (name !== undefined) options.servername = name
    if (ca === undefined) return options
    const file = resolve(this.#settings.folder, ca)
    try {
      options.ca = await readFile(file)
    } catch (error) {
      throw new SourceFault('unreadable', `tls.ca: ${file} cannot be read`, error)
    }
    return options
  }
}
