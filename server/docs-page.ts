import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { escapeHtml } from './html.ts'
import type { ApiDocument, Operation } from './openapi.ts'

/** `/docs`: the API for people, made of `/openapi.json`. Nothing is loaded from elsewhere, and nothing runs. */
export function mountDocsPage(app: FastifyInstance, document: ApiDocument): void {
  const page = renderPage(document)
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  app.get('/docs', async (_, reply) =>
    reply
      .headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
      .send(page),
  )
}

const style = `
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--link:light-dark(#0b57d0,#8ab4f8)}
*{box-sizing:border-box}body{font:16px/1.55 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:2rem 1rem 6rem}
h1{margin:0 0 .5rem}h2{margin:3rem 0 1rem;border-bottom:1px solid var(--line)}a{color:var(--link)}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.25rem;margin:1rem 0}article h3{margin:0 0 .25rem;font-size:1.05rem}
.verb{font:600 .8rem ui-monospace,monospace;padding:.15rem .5rem;border-radius:.25rem;background:var(--soft);margin-right:.5rem}
code,pre{font-family:ui-monospace,monospace;font-size:.875rem;overflow-wrap:anywhere}pre{background:var(--soft);padding:.75rem;border-radius:.375rem;overflow:auto;max-height:28rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid var(--line)}th:first-child{width:5rem}summary{cursor:pointer}
`

function renderPage({ info, paths }: ApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))]
  const sections = tags.map((tag) => {
    const articles = operations
      .filter(({ operation }) => operation.tags.includes(tag))
      .map(({ path, method, operation }) => renderOperation(path, method, operation))
    return `<section><h2>${escapeHtml(tag)}</h2>${articles.join('')}</section>`
  })
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Muster API</title><style>${style}</style></head><body><main><h1>Muster API ${escapeHtml(info.version)}</h1><p>${renderText(info.description)}</p><p>For programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>${sections.join('')}</main></body></html>`
}

function renderOperation(path: string, method: string, operation: Operation): string {
  const answers = Object.entries(operation.responses)
    .map(
      ([status, { description, content }]) =>
        `<tr><td>${escapeHtml(status)}</td><td>${renderText(description)}${status.startsWith('2') && content !== undefined ? renderJson('Its schema', content) : ''}</td></tr>`,
    )
    .join('')
  const parameters = operation.parameters
    .map(
      (parameter) =>
        `<code>${escapeHtml(String(parameter['name']))}</code> (${escapeHtml(String(parameter['in']))})`,
    )
    .join(', ')
  return `<article id="${escapeHtml(operation.operationId)}"><h3><span class="verb">${escapeHtml(method.toUpperCase())}</span><code>${escapeHtml(path)}</code></h3><p>${escapeHtml(operation.summary)} ${escapeHtml(operation.description)}</p>${parameters === '' ? '' : `<p>Parameters: ${parameters}</p>`}${operation.requestBody === undefined ? '' : renderJson('Body', operation.requestBody['content'])}<table><thead><tr><th>Status</th><th>Meaning</th></tr></thead><tbody>${answers}</tbody></table></article>`
}

function renderJson(title: string, value: unknown): string {
  return `<details><summary>${title}</summary><pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre></details>`
}

/** Text with `code` in it. */
function renderText(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
