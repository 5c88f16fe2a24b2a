import { describe, expect, test } from 'vitest'
import type { ApiWorld } from '../../../server/api/api-world.ts'
import { listRoutes } from '../../../server/api.ts'
import { createHelp } from '../../../server/help.ts'
import { describeApi } from '../../../server/openapi.ts'

// Describing calls nothing of the world.
const routes = listRoutes({ challenges: { store: {} } } as ApiWorld)
const document = describeApi(routes, { version: '1.2.3' })
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

describe('the description of the API', () => {
  test('has every operation of the interfaces page and the challenges', () => {
    expect(operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort()).toEqual([
      'DELETE /v1/challenges/{id}',
      'DELETE /v1/identities/{id}/enrollments/{eid}',
      'DELETE /v1/identities/{id}/rights/{factor}',
      'DELETE /v1/tokens/{id}',
      'GET /v1/audit-events',
      'GET /v1/challenges/{id}',
      'GET /v1/deliveries',
      'GET /v1/enrollments',
      'GET /v1/identities',
      'GET /v1/identities/{id}',
      'GET /v1/identities/{id}/decision',
      'GET /v1/identities/{id}/factors',
      'GET /v1/policies',
      'GET /v1/policies/{id}',
      'GET /v1/runs',
      'GET /v1/runs/{id}',
      'GET /v1/sources',
      'GET /v1/sources/{id}',
      'GET /v1/status',
      'GET /v1/tokens',
      'PATCH /v1/identities/{id}/enrollments/{eid}',
      'POST /v1/challenges',
      'POST /v1/challenges/{id}/resend',
      'POST /v1/challenges/{id}/select',
      'POST /v1/challenges/{id}/verify',
      'POST /v1/identities/{id}/enrollments',
      'POST /v1/runs/{id}/approve',
      'POST /v1/runs/{id}/reject',
      'POST /v1/sources/{id}/runs',
      'POST /v1/tokens',
      'PUT /v1/identities/{id}/enrollments/{eid}/address',
      'PUT /v1/identities/{id}/rights/{factor}',
    ])
  })

  test('names each operation once, and declares each parameter of its path', () => {
    const names = operations.map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((one) => one['in'] === 'path').map((one) => one['name'])
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    }
  })

  test('resolves every reference within itself', () => {
    const text = JSON.stringify(document)
    const references = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, target]) => target),
    )
    expect(Object.keys(document.components['schemas'] ?? {})).toEqual([...references].sort())
    expect(text).not.toMatch(/"\$ref":"(?!#\/components\/schemas\/)|\$defs/)
    expect(references).toContain('Identity')
  })

  test('says what is needed and what may be left out', () => {
    const body = document.paths['/v1/challenges']?.['post']?.requestBody
    expect(body).toMatchObject({
      content: {
        'application/json': { schema: { required: ['identity', 'factor'], additionalProperties: false } },
      },
    })
  })
})

describe('help', () => {
  const help = createHelp(
    new Map([
      ['en', { locked: ['Wait.'], 'code-expired': ['Ask anew.'] }],
      ['fr', { locked: ['Patientez.'] }],
    ]),
  )

  test('speaks the language asked for, and English where it has no words', () => {
    expect(help.find('locked', 'fr-CA,en;q=0.1')).toEqual({ locale: 'fr', help: ['Patientez.'] })
    expect(help.find('code-expired', 'fr')).toEqual({ locale: 'en', help: ['Ask anew.'] })
    expect(help.find('locked', null)?.locale).toBe('en')
    expect(help.find('internal', 'en')).toBeNull()
  })

  test('refuses a file that is not what it should be', () => {
    expect(() => createHelp(new Map([['en', { locked: 'Wait.' }]]))).toThrow('The help texts of "en"')
  })
})
