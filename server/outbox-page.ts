import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Outbox } from '../connectors/outbox/index.ts'
import { MusterError } from '../domain/error.ts'

/** The messages that stay in this process, newest first, and news of each that comes. */
export type OutboxView = Pick<Outbox, 'list' | 'subscribe'>

/**
 * `/outbox`: the messages of the embedded mode, live, newest first; `/outbox/messages` is the same for programs. They
 * hold codes, so nobody but this machine may look: the peer must be on loopback, and so must the name that it used,
 * else a page of anybody's could be made to read it by a name that resolves here (DNS rebinding).
 */
export function mountOutboxPage(app: FastifyInstance, outbox: OutboxView): void {
  const open = new Set<ServerResponse>()
  // A stream never ends by itself, and a server that closes waits for it.
  app.addHook('preClose', async () => {
    for (const response of open) response.end()
  })
  app.get('/outbox', async (request, reply) => {
    requireLoopback(request)
    return reply
      .headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
      .send(page)
  })
  app.get('/outbox/messages', async (request) => {
    requireLoopback(request)
    return { messages: outbox.list() }
  })
  app.get<{ Params: { number: string } }>('/outbox/messages/:number/html', async (request, reply) => {
    requireLoopback(request)
    const message = outbox.list().find(({ number }) => String(number) === request.params.number)
    if (message?.html == null) throw new MusterError('not-found', 'There is no such mail.')
    return reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
      })
      .send(message.html)
  })
  app.get('/outbox/events', (request, reply) => {
    requireLoopback(request)
    reply.hijack()
    followOutbox(outbox, reply.raw, open)
  })
}

/** Milliseconds between signs of life, shorter than the server's own patience with a silent connection. */
const beatEvery = 10_000

/** Server-sent events: one for each message from now on. */
function followOutbox(outbox: OutboxView, response: ServerResponse, open: Set<ServerResponse>): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.write('retry: 1000\n\n')
  open.add(response)
  const unsubscribe = outbox.subscribe((message) => {
    response.write(`id: ${message.number}\ndata: ${JSON.stringify(message)}\n\n`)
  })
  const beat = setInterval(() => response.write(': alive\n\n'), beatEvery)
  response.on('close', () => {
    clearInterval(beat)
    unsubscribe()
    open.delete(response)
  })
}

function requireLoopback(request: FastifyRequest): void {
  const { remoteAddress } = request.socket
  const host = request.headers.host ?? ''
  const isNear = remoteAddress !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(remoteAddress)
  if (isNear && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)) return
  throw new MusterError('forbidden', 'The outbox is shown on this machine only.')
}

const style = `
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--link:light-dark(#0b57d0,#8ab4f8)}*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:2rem 1rem 5rem}h1{margin:0}p.sub{margin:.25rem 0 1.5rem;opacity:.75}
article{border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1.1rem;margin:.8rem 0}header{display:flex;gap:.75rem;flex-wrap:wrap;font-size:.875rem;opacity:.85}
header b{overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.6rem 0 0}.code{font:700 1.9rem/1.2 ui-monospace,monospace;letter-spacing:.12em;margin:.5rem 0 0}a{color:var(--link)}
`

const script = `
const list=document.getElementById('list'),empty=document.getElementById('empty'),state=document.getElementById('state'),known=new Set();
const element=(name,text,cls)=>{const it=document.createElement(name);if(text!=null)it.textContent=text;if(cls)it.className=cls;return it};
const show=m=>{const key=m.sentAt+m.number;if(known.has(key))return;known.add(key);empty.hidden=true;const a=element('article');a.dataset.at=m.sentAt+String(m.number).padStart(9,'0');
const h=element('header');h.append(element('span',m.channel==='sms'?'Text message':'E-mail'),element('b',m.to),element('time',new Date(m.sentAt).toLocaleTimeString()));a.append(h);
if(m.subject)a.append(element('div',m.subject));const code=/(?:^|[^0-9])([0-9]{6,10})(?![0-9])/.exec(m.text);if(code)a.append(element('p',code[1],'code'));a.append(element('pre',m.text));
if(m.html){const l=element('a','Open as HTML');l.href='/outbox/messages/'+m.number+'/html';l.target='_blank';l.rel='noopener';a.append(l)}list.insertBefore(a,[...list.children].find(it=>it.dataset.at<a.dataset.at)||null)};
const load=()=>fetch('/outbox/messages').then(r=>r.json()).then(({messages})=>{messages.forEach(show)});
const events=new EventSource('/outbox/events');events.onopen=()=>{state.textContent='live';load()};events.onerror=()=>{state.textContent='not connected'};events.onmessage=e=>show(JSON.parse(e.data));
`

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Outbox</title><style>${style}</style></head><body><main><h1>Outbox</h1><p class="sub">Messages that would have left, newest first: in the memory of this process only (<span id="state" role="status">connecting</span>).</p><p id="empty">Nothing was sent yet.</p><div id="list" aria-live="polite"></div></main><script>${script}</script></body></html>`
