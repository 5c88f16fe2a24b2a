import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut: nobody is let through, and who was is thrown out. */
export interface TcpProxy {
  /** `127.0.0.1:PORT`. */
  readonly address: string
  readonly port: number
  /** Refuses everybody until `open`. */
  cut(): Promise<void>
  open(): Promise<void>
  close(): Promise<void>
}

/** Starts a proxy on a port of its own; it is cut at first where `isOpen` says so. */
export async function startTcpProxy(
  target: { readonly host: string; readonly port: number },
  { isOpen = true }: { readonly isOpen?: boolean } = {},
): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    return socket
  }
  const server = createServer((caller) => {
    const called = keep(connect(target.port, target.host))
    keep(caller)
    caller.on('close', () => called.destroy())
    called.on('close', () => caller.destroy())
    caller.pipe(called).pipe(caller)
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const cut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  const port = await listen(0)
  if (!isOpen) await cut()
  return {
    address: `127.0.0.1:${port}`,
    port,
    cut,
    open: async () => {
      if (!server.listening) await listen(port)
    },
    close: cut,
  }
}
