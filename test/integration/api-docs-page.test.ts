import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let api: TestApi
beforeAll(async () => {
  db = await createTestDatabase()
  api = await openTestApi(db.database)
})
afterAll(async () => {
  await api?.close()
  await db?.close()
})

/** What a person reads of a piece of the page. */
function readText(html: string): string {
  const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '')
    .replace(/\s+/g, ' ')
}

it('/docs shows every operation of /openapi.json with its summary and answers, and a browser runs nothing of it', async () => {
  const { paths } = (await api.app.inject('/openapi.json')).json()
  const { statusCode, headers, payload } = await api.app.inject('/docs')
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  const articles = payload.split('<article').slice(1).map(readText)
  const operations = Object.entries<Record<string, { summary: string; responses: object }>>(paths).flatMap(
    ([path, methods]) => Object.entries(methods).map(([method, one]) => ({ path, method, ...one })),
  )
  expect(operations.length).toBeGreaterThan(20)
  expect(articles).toHaveLength(operations.length)
  for (const { path, method, summary, responses } of operations) {
    const title = `${method.toUpperCase()} ${path} `
    const article = articles.find((one) => one.includes(title)) ?? ''
    expect(article, title).toContain(summary)
    for (const status of Object.keys(responses)) expect(article, title).toContain(status)
  }
  // The one style that the policy lets through is the page's own.
  const style = /<style>(.*?)<\/style>/s.exec(payload)?.[1] ?? ''
  const digest = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  expect(headers['content-security-policy']).toBe(policy)
  expect(payload).not.toMatch(/<script|javascript:|src=|href="https?:/)
})
