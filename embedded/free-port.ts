import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A TCP port of loopback that was free a moment ago; whoever uses it must expect that it no longer is. */
export async function findFreePort(): Promise<number> {
  return (await tryToListen(0)) ?? findFreePort()
}

/** Whether a TCP port of loopback is free at this moment. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryToListen(port)) !== null
}

async function tryToListen(port: number): Promise<number | null> {
  const server = createServer()
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true })
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch {
    return null
  } finally {
    server.close()
  }
}
