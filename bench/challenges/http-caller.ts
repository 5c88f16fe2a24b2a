import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Calls one server over connections that are kept, with one token. */
export class HttpCaller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  get(path: string): Promise<Answer> {
    return this.#call('GET', path, null)
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.#call('POST', path, JSON.stringify(body))
  }

  close(): void {
    this.#agent.destroy()
  }

  #call(method: string, path: string, body: string | null): Promise<Answer> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` }
    if (body !== null) headers['content-type'] = 'application/json'
    return new Promise((resolve, reject) => {
      const call = request(this.#url + path, { method, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        })
      })
      call.on('error', reject)
      call.end(body ?? undefined)
    })
  }
}
