import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLog } from '../../bin/log.ts'
import { buildServer, type ServerWorld } from '../../server/app.ts'
import { makeAuthority } from '../support/certificates.ts'
import { makeFolder } from '../support/embedded-stack.ts'

const folder = makeFolder()
const authority = makeAuthority(folder.path)
const ca = readFileSync(authority.ca, 'utf8')
const issued = authority.issue('127.0.0.1')
const tls = { cert: readFileSync(issued.cert, 'utf8'), key: readFileSync(issued.key, 'utf8') }
let server: FastifyInstance
let port = 0
beforeAll(async () => {
  server = serve({ tls })
  port = Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(async () => {
  await server.close()
  folder.remove()
})

function serve(parts: Partial<ServerWorld>): FastifyInstance {
  const figures = {
    readFigures: () => Promise.reject(new Error('none')),
    readPool: () => ({ used: 0, free: 0, waiting: 0 }),
  }
  const logger = openLog({ level: 'silent', component: 'test' })
  const app = buildServer({ logger, metrics: figures, checks: [], ...parts })
  app.get('/who', async ({ ip, protocol, host }) => ({ ip, protocol, host }))
  return app
}

/** The body of an answer over TLS, from a client that trusts these authorities. */
function ask(path: string, authorities: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ port, path, host: '127.0.0.1', ca: authorities, agent: false }, (answer) => {
      let body = ''
      answer.on('data', (chunk) => {
        body += chunk
      })
      answer.on('end', () => resolve(body))
    })
    call.on('error', reject)
    call.end()
  })
}

describe('a server with a certificate', () => {
  test('answers who trusts its authority, and nobody who does not', async () => {
    expect(JSON.parse(await ask('/healthz', ca))).toEqual({ status: 'alive' })
    await expect(ask('/healthz', undefined)).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
  })

  test('keeps the limits on headers', async () => {
    const socket = connect({ port, host: '127.0.0.1', ca })
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`)
    let answer = ''
    for await (const chunk of socket) answer += chunk
    expect(answer).toMatch(/^HTTP\/1\.1 431 [\s\S]*urn:muster:problem:too-large/)
  })

  test('does not speak TLS older than 1.2, and hangs up on clear text', async () => {
    const old = new Promise((resolve) => {
      const options = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const
      connect({ port, host: '127.0.0.1', ca, ...options }).on(
        'error',
        ({ code }: Error & { code?: string }) => resolve(code),
      )
    })
    expect(await old).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed')
  })
})

describe('what a proxy says of a caller', () => {
  const told = {
    'x-forwarded-for': '198.51.100.9, 203.0.113.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'muster.example',
  }
  const who = async (parts: Partial<ServerWorld>) => {
    const app = serve(parts)
    const answer = (await app.inject({ url: '/who', headers: told })).json()
    await app.close()
    return answer
  }

  test('is ignored unless it is said that there is one', async () => {
    expect(await who({})).toMatchObject({ ip: '127.0.0.1', protocol: 'http' })
    expect(await who({ trustProxy: ['192.0.2.1'] })).toMatchObject({ ip: '127.0.0.1', protocol: 'http' })
  })

  test('counts for the last proxy alone, and for all that are named', async () => {
    expect(await who({ trustProxy: true })).toEqual({
      ip: '203.0.113.7',
      protocol: 'https',
      host: 'muster.example',
    })
    const named = ['127.0.0.0/8', '203.0.113.0/24']
    expect(await who({ trustProxy: named })).toMatchObject({ ip: '198.51.100.9' })
  })
})
