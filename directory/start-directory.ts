import { timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { measureMessage } from './ber.ts'
import { makeEntry, normalizeName } from './entry.ts'
import { parseLdif } from './ldif.ts'
import { Reply } from './reply.ts'
import { type DirectoryRequest, decodeRequest } from './request.ts'
import { answerSearch, type Entries } from './search.ts'

/** A request, with where it stands: what a script decides by. */
export interface ScriptedRequest {
  readonly request: DirectoryRequest
  /** Counted from 1 over the life of the server. */
  readonly connection: number
  /** Which request of its kind on this connection, counted from 1. */
  readonly turn: number
}

/** Answers a request itself and returns true, or leaves it to the server. May also do nothing and return true. */
export type DirectoryScript = (scripted: ScriptedRequest, reply: Reply) => boolean

export interface DirectoryOptions {
  /** The entries (RFC 2849). */
  readonly ldif: string
  readonly bindDn: string
  readonly bindPassword: string
  /** On loopback; 0 or absent: any free one. */
  readonly port?: number
  /** PEM texts: every connection is TLS then. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly script?: DirectoryScript
}

export interface Directory {
  readonly url: string
  readonly port: number
  /** Connections accepted so far. */
  readonly connections: () => number
  close(): Promise<void>
}

/**
 * Serves an LDIF text over LDAP on loopback, read-only: the sample organization, and the scripted server of the
 * fault tests. Rejects with LdifError for a text that is none, or with the error of a port that is taken.
 */
export async function startDirectory(options: DirectoryOptions): Promise<Directory> {
  const entries: Entries = new Map(
    parseLdif(options.ldif)
      .map(makeEntry)
      .map((entry) => [entry.key, entry]),
  )
  const open = new Set<Socket>()
  let connections = 0
  const accept = (socket: Socket): void => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    new Connection(socket, { ...options, entries, number: ++connections }).start()
  }
  const server = options.tls ? createTlsServer({ ...options.tls }, accept) : createServer(accept)
  const port = await listen(server, options.port ?? 0)
  return {
    url: `${options.tls ? 'ldaps' : 'ldap'}://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('the directory has no port'))
      else resolve(address.port)
    })
  })
}

interface ConnectionOptions extends DirectoryOptions {
  readonly entries: Entries
  readonly number: number
}

const codes = {
  protocolError: 2,
  authMethodNotSupported: 7,
  invalidCredentials: 49,
  insufficientAccess: 50,
  unwilling: 53,
}

class Connection {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #turns = new Map<string, number>()
  #buffer: Buffer = Buffer.alloc(0)
  #bound = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
  }

  start(): void {
    this.#socket.setNoDelay(true)
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('data', (chunk) => {
      for (const request of this.#decode(chunk)) this.#answer(request)
    })
  }

  /** Requests that are whole now. What is no LDAP ends the connection: there is nobody to answer. */
  #decode(chunk: Buffer): readonly DirectoryRequest[] {
    const requests: DirectoryRequest[] = []
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    try {
      for (let size = measureMessage(this.#buffer); size !== null; size = measureMessage(this.#buffer)) {
        requests.push(decodeRequest(this.#buffer.subarray(0, size)))
        this.#buffer = this.#buffer.subarray(size)
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#socket.destroy()
    }
    return requests
  }

  #answer(request: DirectoryRequest): void {
    const reply = new Reply(this.#socket, request.id)
    const turn = (this.#turns.get(request.kind) ?? 0) + 1
    this.#turns.set(request.kind, turn)
    const { script, number } = this.#options
    if (script?.({ request, connection: number, turn }, reply)) return
    switch (request.kind) {
      case 'bind':
        this.#answerBind(request, reply)
        return
      case 'unbind':
        this.#socket.end()
        return
      case 'search':
        this.#answerSearch(request, reply)
        return
      case 'extended':
        reply.sendDone('extended', {
          code: codes.protocolError,
          diagnostic: 'unsupported extended operation',
        })
        return
      case 'other':
        this.#answerOther(request, reply)
    }
  }

  #answerBind({ dn, password }: Extract<DirectoryRequest, { kind: 'bind' }>, reply: Reply): void {
    const { bindDn, bindPassword } = this.#options
    if (password === null) {
      reply.sendDone('bind', { code: codes.authMethodNotSupported })
      return
    }
    // Without a password a bind succeeds and is nobody (RFC 4513 section 5.1.2).
    const known = normalizeName(dn) === normalizeName(bindDn) && isEqual(password, bindPassword)
    this.#bound = known && password !== ''
    reply.sendDone('bind', { code: known || password === '' ? 0 : codes.invalidCredentials })
  }

  #answerSearch(request: Extract<DirectoryRequest, { kind: 'search' }>, reply: Reply): void {
    const root = request.base === '' && request.scope === 'base'
    if (this.#bound || root) answerSearch(this.#options.entries, request, reply)
    else reply.sendDone('search', { code: codes.insufficientAccess })
  }

  /** Read-only: what would change anything is refused; an abandoned search has ended already. */
  #answerOther({ tag }: Extract<DirectoryRequest, { kind: 'other' }>, reply: Reply): void {
    const abandon = 0x50
    if (tag === abandon) return
    reply.sendDone('extended', { code: codes.unwilling, diagnostic: 'this directory is read-only' })
    this.#socket.end()
  }
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
