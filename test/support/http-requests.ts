import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A request as a local server received it. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What a local server answers; `hang` never does, `drop` closes the connection. */
export type LocalAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string }
  | 'hang'
  | 'drop'

export interface LocalServer {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  close(): Promise<void>
}

/** A real HTTP server on a free loopback port that keeps what it was asked. */
export async function startLocalServer(
  answer: (request: ReceivedRequest) => LocalAnswer,
  tls?: { readonly cert: string; readonly key: string },
): Promise<LocalServer> {
  const requests: ReceivedRequest[] = []
  const serve = async (incoming: IncomingMessage, outgoing: import('node:http').ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    }
    requests.push(request)
    const reply = answer(request)
    if (reply === 'drop') incoming.socket.destroy()
    else if (reply !== 'hang') outgoing.writeHead(reply.status, reply.headers).end(reply.body)
  }
  const listener = (incoming: IncomingMessage, outgoing: import('node:http').ServerResponse) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy())
  }
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
