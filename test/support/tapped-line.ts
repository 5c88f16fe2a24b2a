import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What happens on the way between a client and a server. */
export interface LineHooks {
  /** Before a request goes through; counted from 1 over the life of the line. `drop`: the connection ends instead. */
  readonly onRequest?: (turn: number) => 'pass' | 'drop'
  /** Bytes of the server that go through; then `onLast` is called, and no more follows. */
  readonly answers?: { readonly most: number; readonly onLast: () => void }
  /** Answers go through in pieces, one in so many milliseconds. */
  readonly slow?: { readonly bytes: number; readonly every: number }
}

export interface TappedLine {
  readonly url: string
  /** Connections that were made through it. */
  connections(): number
  close(): Promise<void>
}

/** A way to an LDAP server on loopback that is watched, and cut at a byte or at a request. */
export async function tapLine(serverUrl: string, hooks: LineHooks): Promise<TappedLine> {
  const port = Number(new URL(serverUrl).port)
  const open = new Set<Socket>()
  let [connections, requests] = [0, 0]
  const server = createServer({ noDelay: true }, (client) => {
    connections++
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.end()
      })
    }
    client.on('data', (chunk) => {
      if (hooks.onRequest?.(++requests) === 'drop') client.destroy()
      else upstream.write(chunk)
    })
    passAnswers(upstream, client, hooks)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

function passAnswers(upstream: Socket, client: Socket, { answers, slow }: LineHooks): void {
  let passed = 0
  const waiting: Buffer[] = []
  if (slow !== undefined) {
    const drip = setInterval(() => {
      const next = waiting.shift()
      if (next !== undefined) client.write(next)
    }, slow.every)
    client.on('close', () => clearInterval(drip))
  }
  upstream.on('data', (chunk) => {
    const part = chunk.subarray(0, Math.max(0, (answers?.most ?? Number.POSITIVE_INFINITY) - passed))
    const isLast = answers !== undefined && passed < answers.most && passed + chunk.length >= answers.most
    passed += chunk.length
    if (slow === undefined) client.write(part)
    else for (let at = 0; at < part.length; at += slow.bytes) waiting.push(part.subarray(at, at + slow.bytes))
    if (isLast) answers.onLast()
  })
}
