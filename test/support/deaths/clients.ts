import { setTimeout as delay } from 'node:timers/promises'
import type { SmtpServer } from '../smtp-server.ts'
import type { Caller } from './caller.ts'
import { mailOf, stablePeople } from './population.ts'

/** What somebody was told who expected something else: each line a fault of the installation. */
export type Lies = string[]

/** A challenge that a portal carried to its end. */
export interface PassedByPortal {
  readonly n: number
  readonly challenge: string
}

const thinkMs = 200
const isStable = () => {
  const { from, to } = stablePeople
  return from + Math.floor(Math.random() * (to - from))
}

interface PortalWorld {
  readonly caller: Caller
  readonly token: string
  readonly smtp: SmtpServer
  /** Who signs in next; everybody once. */
  readonly next: () => number | null
  readonly passed: PassedByPortal[]
  readonly isOver: () => boolean
}

/** Signs one person in after the other: asks for a code, takes it out of the mail, types it. */
export async function runPortal(world: PortalWorld): Promise<void> {
  while (!world.isOver()) {
    const n = world.next()
    if (n === null) return
    world.passed.push({ n, challenge: await signIn(world, n) })
    await delay(thinkMs)
  }
}

async function signIn({ caller, token, smtp }: PortalWorld, n: number): Promise<string> {
  const created = await caller.call({
    what: 'sign-in',
    method: 'POST',
    path: '/v1/challenges',
    token,
    headers: { 'idempotency-key': `sign-in-${n}` },
    body: {
      identity: { userName: `person${n}` },
      factor: 'otp-email',
      context: { ip: `203.0.${n % 200}.7`, userAgent: 'test' },
    },
  })
  if (created.status !== 201) throw new Error(`person${n} got no challenge: ${JSON.stringify(created.body)}`)
  const { id } = created.body as { id: string }
  const code = await waitForCode(smtp, n)
  const path = `/v1/challenges/${id}`
  const typed = await caller.call({
    what: 'sign-in',
    method: 'POST',
    path: `${path}/verify`,
    token,
    body: { code },
  })
  if (typed.status === 200) return id
  // The answer may have died with the server; what was consumed then is not to be had again.
  const seen = await caller.call({ what: 'challenge read', method: 'GET', path, token })
  if (typed.tries === 1 || seen.body.status !== 'passed')
    throw new Error(`person${n} is refused: ${JSON.stringify([typed, seen.body])}`)
  return id
}

async function waitForCode(smtp: SmtpServer, n: number): Promise<string> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const code = smtp.mails
      .filter(({ to }) => to.includes(mailOf(n)))
      .flatMap(({ raw }) => codeIn(raw) ?? [])[0]
    if (code !== undefined) return code
    if (performance.now() > deadline) throw new Error(`No mail came to person${n} within a minute.`)
    await delay(10)
  }
}

/** The code that a mail carries, or null. */
export function codeIn(raw: string): string | null {
  const body = raw
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join('\n')
  return /^\s*(\d{6})\s*$/m.exec(body)?.[1] ?? null
}

interface ReaderWorld {
  readonly caller: Caller
  readonly token: string
  readonly lies: Lies
  readonly isOver: () => boolean
}

/** Looks at people of whom nothing changes: what is answered is the same all the time, whoever dies. */
export async function runReader({ caller, token, lies, isOver }: ReaderWorld): Promise<void> {
  while (!isOver()) {
    const n = isStable()
    const filter = encodeURIComponent(`userName eq "person${n}"`)
    const read = (path: string) => caller.call({ what: 'identity read', method: 'GET', path, token })
    const listed = await read(`/v1/identities?filter=${filter}`)
    const [found, ...others] = listed.body.identities as { id: string }[]
    const { body } = await read(`/v1/identities/${found?.id}`)
    const seen = {
      userName: body.userName,
      active: body.active,
      others: others.length,
      rights: body.rights.map((right: { factor: string; effective: boolean }) => [
        right.factor,
        right.effective,
      ]),
      enrollments: body.enrollments.map((one: { factor: string; usable: boolean }) => [
        one.factor,
        one.usable,
      ]),
    }
    const factors = n % 2 === 0 ? ['otp-email', 'otp-sms'] : ['otp-email']
    const all = factors.map((factor) => [factor, true])
    const truth = { userName: `person${n}`, active: true, others: 0, rights: all, enrollments: all }
    if (JSON.stringify(sorted(seen)) !== JSON.stringify(truth)) lies.push(JSON.stringify(seen))
    await delay(thinkMs)
  }
}

function sorted<Seen extends { readonly rights: string[][]; readonly enrollments: string[][] }>(
  seen: Seen,
): Seen {
  const byFactor = (rows: string[][]) => rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b))
  return { ...seen, rights: byFactor(seen.rights), enrollments: byFactor(seen.enrollments) }
}

/** Runs that an operator asked for, by what the answer said. */
export interface AskedRuns {
  readonly begun: Set<string>
  readonly joined: Set<string>
}

/** Reads `hr`, again and again, and lets others have their turn. */
export class Operator {
  readonly #caller: Caller
  readonly #token: string
  readonly #asked: AskedRuns
  #isPaused = false
  #idle: Promise<void> = Promise.resolve()

  constructor(caller: Caller, token: string, asked: AskedRuns) {
    this.#caller = caller
    this.#token = token
    this.#asked = asked
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (!this.#isPaused) {
        const turn = this.begin().then(({ id }) => this.follow(id))
        this.#idle = turn.then(
          () => undefined,
          () => undefined,
        )
        await turn
      }
      await delay(thinkMs)
    }
  }

  /** Begins a run, or joins the one that goes on. */
  async begin(): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const { status, body } = await this.#caller.call({
      what: 'run begun',
      method: 'POST',
      path: '/v1/sources/hr/runs',
      token: this.#token,
      body: { kind: 'full' },
    })
    if (status !== 200 && status !== 202) throw new Error(`No run: ${status} ${JSON.stringify(body)}`)
    const isNew = status === 202
    this.#asked[isNew ? 'begun' : 'joined'].add(body.id)
    return { id: body.id, isNew }
  }

  /** Waits for a run's end. */
  async follow(id: string): Promise<string> {
    for (;;) {
      const path = `/v1/runs/${id}`
      const { body } = await this.#caller.call({ what: 'run read', method: 'GET', path, token: this.#token })
      if (body.status !== 'running') return body.status
      await delay(thinkMs)
    }
  }

  /** Begins nothing more; answers when what was begun has ended. */
  async pause(): Promise<void> {
    this.#isPaused = true
    await this.#idle
  }

  goOn(): void {
    this.#isPaused = false
  }
}
