import { readFileSync } from 'node:fs'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connectTemporal, openTemporalClient, type TemporalTarget } from '../../bin/compose/temporal.ts'
import { Secret } from '../../config/secret.ts'
import { type Certificate, type CertificateAuthority, makeAuthority } from '../support/certificates.ts'
import { makeFolder } from '../support/embedded-stack.ts'
import '../support/provided.ts'

/** The run's Temporal behind a proxy that ends TLS and asks for a client certificate. */
const folder = makeFolder()
let ours: CertificateAuthority
let proxy: Server
let target: TemporalTarget
let client: Certificate

beforeAll(async () => {
  ours = makeAuthority(folder.path)
  const server = ours.issue('temporal.example.com')
  client = ours.issue('muster-worker')
  const [host, port] = inject('temporalAddress').split(':')
  proxy = createServer(
    {
      cert: readFileSync(server.cert),
      key: readFileSync(server.key),
      ca: readFileSync(ours.ca),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
    },
    (caller) => {
      const called = connect(Number(port), host)
      for (const [one, other] of [
        [caller, called],
        [called, caller],
      ] as const) {
        one.on('error', () => other.destroy())
        one.on('close', () => other.destroy())
      }
      caller.pipe(called).pipe(caller)
    },
  )
  target = {
    address: `127.0.0.1:${await listen(proxy)}`,
    namespace: 'muster',
    apiKey: null,
    tls: {
      serverName: 'temporal.example.com',
      ca: ours.ca,
      certificate: client.cert,
      key: new Secret(readFileSync(client.key, 'utf8')),
    },
  }
})
afterAll(() => {
  proxy?.close()
  folder.remove()
})

function listen(server: Server | Http2SecureServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

describe('Temporal over TLS', () => {
  it('is reached by workers and by servers with a client certificate', async () => {
    for (const open of [connectTemporal, openTemporalClient]) {
      const temporal = await open(target)
      const { namespaceInfo } = await temporal.client.workflowService.describeNamespace({
        namespace: 'muster',
      })
      expect(namespaceInfo?.name).toBe('muster')
      await temporal.close()
    }
  })

  it.each([
    ['an authority that is not ours', () => ({ ca: makeAuthority(folder.path, 'Somebody else').ca })],
    ['another name than the certificate carries', () => ({ serverName: 'elsewhere.example.com' })],
    ['no client certificate', () => ({ certificate: null, key: null })],
  ])('is not used with %s', async (_, change) => {
    const tls = { ...(target.tls ?? {}), ...change() } as TemporalTarget['tls']
    await expect(connectTemporal({ ...target, tls })).rejects.toMatchObject({
      code: 'temporal-unavailable',
      message: `Temporal does not answer at ${target.address}.`,
    })
  })
})

describe('an API key', () => {
  it('goes with every call over TLS, and another one from the moment that it was renewed', async () => {
    const server = ours.issue('127.0.0.1')
    const seen: (string | undefined)[] = []
    const cloud = createSecureServer({ cert: readFileSync(server.cert), key: readFileSync(server.key) })
    cloud.on('stream', (stream, headers) => {
      seen.push(headers.authorization)
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      // An empty message: no compression, no bytes.
      stream.end(Buffer.alloc(5))
    })
    const address = `127.0.0.1:${await listen(cloud)}`
    const tls = { serverName: null, ca: ours.ca, certificate: null, key: null }
    for (const open of [connectTemporal, openTemporalClient]) {
      const temporal = await open({ address, namespace: 'cloud', tls, apiKey: new Secret('first') })
      await temporal.client.workflowService.getSystemInfo({})
      expect(new Set(seen)).toEqual(new Set(['Bearer first']))
      await temporal.setApiKey('second')
      seen.length = 0
      await temporal.client.workflowService.getSystemInfo({})
      expect(seen).toEqual(['Bearer second'])
      seen.length = 0
      await temporal.close()
    }
    cloud.close()
  })
})
