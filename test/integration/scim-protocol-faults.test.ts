import { request as ask } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../store/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, scimMediaType, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newUser, urns } from '../support/scim-resources.ts'

let db: TestDatabase
let endpoint: ScimEndpoint
beforeAll(async () => {
  db = await createTestDatabase()
  endpoint = await startScimEndpoint(db.database)
})
afterAll(async () => {
  await endpoint?.close()
  await db?.close()
})

/** Sends a request as it is written, paths that `fetch` would tidy up included. */
function askPlainly(path: string, method = 'GET', token: string | null = null) {
  return new Promise<{ status: number; type: string | undefined; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(endpoint.url)
    const headers = token === null ? {} : { authorization: `Bearer ${token}` }
    ask({ hostname, port, path, method, headers }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'], text }),
      )
    })
      .on('error', reject)
      .end()
  })
}

describe('who may come in (RFC 7644 section 2)', () => {
  it('nobody without a token that counts: 401 with WWW-Authenticate and a SCIM body, on every path', async () => {
    for (const path of ['/Users', '/Nothing', '/Me', '/', '/Schemas']) {
      for (const token of [null, 'muster_nobody', 'x'.repeat(5000)]) {
        const { status, headers, body } = await endpoint.ask('GET', path, { token })
        expect([path, status, body.status, body.schemas]).toEqual([path, 401, '401', [urns.error]])
        expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="muster"/)
      }
    }
  })

  it('not by a token in the query or by Basic (RFC 6750 section 2.3)', async () => {
    const token = await endpoint.token('scim:hr')
    expect((await endpoint.ask('GET', `/Users?access_token=${token}`, { token: null })).status).toBe(401)
    const headers = { authorization: `Basic ${Buffer.from(`hr:${token}`).toString('base64')}` }
    expect((await endpoint.ask('GET', '/Users', { token: null, headers })).status).toBe(401)
  })

  it('not by a token of another kind, or of a source that is not configured as scim: 403', async () => {
    for (const scope of ['read', 'admin', 'challenge:portal'] as const) {
      const { status, body } = await endpoint.ask('GET', '/Users', { token: await endpoint.token(scope) })
      expect([status, body.detail]).toEqual([403, expect.stringContaining('scim:SOURCE')])
    }
    const { status, body } = await endpoint.ask('GET', '/Users', { token: await endpoint.token('scim:gone') })
    expect([status, body.detail]).toEqual([403, expect.stringContaining('no source of type scim')])
  })

  it('a token that pushes has no scope beside scim:SOURCE', async () => {
    for (const scopes of [
      ['scim:hr', 'scim:corp'],
      ['scim:hr', 'read'],
    ] as const)
      await expect(endpoint.token(...scopes)).rejects.toMatchObject({ code: 'usage' })
  })

  it('a revoked token is refused at the latest two seconds later, though it was just used', async () => {
    const token = await endpoint.token('scim:hr')
    expect((await endpoint.ask('GET', '/Schemas', { token })).status).toBe(200)
    await endpoint.revoke(token)
    await expect
      .poll(async () => (await endpoint.ask('GET', '/Schemas', { token })).status, {
        timeout: 2500,
        interval: 100,
      })
      .toBe(401)
  })

  it('the last use of a token is shown', async () => {
    await endpoint.token('scim:hr').then((token) => endpoint.ask('GET', '/Schemas', { token }))
    const [row] = await db.database('tokens').orderBy('id', 'desc').limit(1)
    expect(row.last_used_at).not.toBeNull()
  })
})

describe('what is not there', () => {
  it('an unknown path is 404 with a SCIM body (RFC 7644 section 3.12)', async () => {
    for (const path of ['/Devices', '/users', '/Users/a/b', '/Users/a/.search', '/ServiceProviderConfig/x']) {
      const { status, body } = await endpoint.ask('GET', path)
      expect([path, status, body]).toEqual([
        path,
        404,
        { schemas: [urns.error], status: '404', detail: expect.any(String) },
      ])
    }
  })

  it('a path that nobody can read is a SCIM fault too, and so is one without end', async () => {
    const token = await endpoint.token('scim:hr')
    for (const path of ['/scim/v2/Users/%zz', `/scim/v2/Users/${'a'.repeat(3000)}`, '/scim/v2/%']) {
      const { status, type, text } = await askPlainly(path, 'GET', token)
      expect([path, status >= 400 && status < 500, type]).toEqual([path, true, scimMediaType])
      expect(JSON.parse(text).status).toBe(String(status))
    }
  })

  it('/Me is 501 for every method, since a token is of a program (RFC 7644 section 3.11)', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, body } = await endpoint.ask(method, '/Me', method === 'GET' ? {} : { body: {} })
      expect([method, status, body.status]).toEqual([method, 501, '501'])
    }
  })

  it('the root cannot be searched: 501 (RFC 7644 sections 3.4.2.1 and 3.4.3)', async () => {
    const body = { schemas: [urns.search], filter: 'meta.resourceType eq "User"' }
    expect((await endpoint.ask('POST', '/.search', { body })).status).toBe(501)
    expect((await endpoint.ask('GET', `/?filter=${encodeURIComponent('userName pr')}`)).status).toBe(501)
  })

  it.each([
    ['PUT', '/Users', 'GET, POST'],
    ['DELETE', '/Groups', 'GET, POST'],
    ['POST', '/Users/2819c223', 'GET, PUT, PATCH, DELETE'],
    ['GET', '/Users/.search', 'POST'],
    ['GET', '/Bulk', 'POST'],
    ['OPTIONS', '/Users', 'GET, POST'],
  ])('%s %s is 405 and says what is taken (RFC 9110 section 15.5.6)', async (method, path, allow) => {
    const { status, headers, body } = await endpoint.ask(method, path)
    expect([status, headers.get('allow'), body.status]).toEqual([405, allow, '405'])
  })

  it('methods that HTTP hardly knows are refused as well', async () => {
    const token = await endpoint.token('scim:hr')
    for (const method of ['PROPFIND', 'TRACE', 'MKCOL', 'SEARCH']) {
      const { status, type } = await askPlainly('/scim/v2/Users', method, token)
      expect([method, status, type]).toEqual([method, 405, scimMediaType])
    }
  })
})

describe('faults (RFC 7644 section 3.12, table 9)', () => {
  it('have their status as text, a detail without anything that was sent, and the word of the table', async () => {
    const secret = 'Zauberwort-4711'
    const answers = await Promise.all([
      endpoint.ask('GET', `/Users?filter=${encodeURIComponent(`userName zz "${secret}"`)}`),
      endpoint.ask('POST', '/Users', { body: { schemas: [urns.user], userName: { value: secret } } }),
      endpoint.ask('POST', '/Users', { body: `{"userName": ${secret}` }),
      endpoint.ask('GET', `/Users?count=${secret}`),
      endpoint.ask('GET', `/Users?cursor=${secret}`),
      endpoint.ask('GET', `/Users/${secret}`),
    ])
    const said = answers.map(({ status, body }) => [status, body.status, body.scimType])
    expect(said).toEqual([
      [400, '400', 'invalidFilter'],
      [400, '400', expect.stringMatching(/^invalid(Value|Syntax)$/)],
      [400, '400', 'invalidSyntax'],
      [400, '400', 'invalidValue'],
      [400, '400', 'invalidCursor'],
      [404, '404', undefined],
    ])
    for (const { text } of answers) expect(text).not.toContain(secret)
  })

  it('of the server say nothing of its inside, and are 503 where the database is away', async () => {
    const store = openStore(db.database)
    const breaking = (code?: string) => {
      const fail = () =>
        Promise.reject(Object.assign(new Error('at secret-host'), code === undefined ? {} : { code }))
      return { ...store, transaction: fail, statement: fail }
    }
    for (const [code, status, wait] of [
      ['ECONNREFUSED', 503, '5'],
      ['57P01', 503, '5'],
      [undefined, 500, null],
    ] as const) {
      const broken = await startScimEndpoint(db.database, { store: breaking(code) })
      const answer = await broken.ask('POST', '/Users', { body: newUser('broken') })
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, wait])
      expect(answer.text).not.toContain('secret')
      await broken.close()
    }
  })

  it('are kept for operators: how many of which kind, and the newest with path and reason, without queries', async () => {
    const token = await endpoint.token('scim:corp')
    const secret = 'geheim@example.com'
    await endpoint.ask('GET', `/Users?filter=${encodeURIComponent(`emails qq "${secret}"`)}`, { token })
    await endpoint.ask('GET', `/Users/${secret}`, { token })
    await endpoint.ask('GET', '/Nowhere', { token })
    await expect
      .poll(async () => (await db.database('scim_connections').where({ source: 'corp' }))[0]?.refused, {
        timeout: 5000,
      })
      .toMatchObject({ invalidFilter: 1 })
    const refusals = await db.database('scim_refusals').where({ source: 'corp' }).orderBy('id')
    expect(refusals.map(({ method, path, status, kind }) => [method, path, status, kind])).toEqual([
      ['GET', '/scim/v2/Users', 400, 'invalidFilter'],
      ['GET', '/scim/v2/Users/…', 404, '404'],
      ['GET', '/scim/v2', 404, '404'],
    ])
    expect(JSON.stringify(refusals)).not.toContain('geheim')
    expect(endpoint.logged.join('')).not.toContain('geheim')
  })

  it('are counted for Prometheus, beside requests and their time, by source and never by person', async () => {
    await endpoint.ask('GET', '/Users/nobody-here')
    const text = await (await fetch(`${endpoint.url}/metrics`)).text()
    expect(text).toMatch(
      /muster_scim_requests_total\{source="hr",resource="Users",method="GET",status="404"\} \d+/,
    )
    expect(text).toMatch(/muster_scim_refused_total\{source="hr",kind="404"\} \d+/)
    expect(text).toMatch(/muster_scim_request_seconds_count\{source="hr",method="GET"\} \d+/)
    expect(text).not.toContain('nobody-here')
  })
})
