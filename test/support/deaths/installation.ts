import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { endForGood, type Place, startProcess, type Up, waitUntilSaid } from '../../e2e/muster-program.ts'
import { makeRing } from '../production.ts'
import { describeHr, policies } from './population.ts'

/** One process from its start to its death. */
export interface Life {
  readonly part: Part
  readonly pid: number
  /** Where a server answers. */
  readonly url: string
  readonly up: Up
  /** `performance.now()` right before kill -9, or null. */
  killedAt: number | null
}

/** What the processes of one installation share. */
export interface Installation {
  readonly folder: string
  /** Of the superuser, who only makes roles. */
  readonly admin: Client
  /** The database, as the superuser reaches it. */
  readonly databaseUrl: string
  readonly temporalAddress: string
  readonly namespace: string
  readonly smtpPort: number
  /** Where text messages go. */
  readonly smsUrl: string
}

/** A server or a worker of the installation, under an account of its own, so that PostgreSQL tells who is who. */
export class Part {
  readonly lives: Life[] = []
  readonly kind: 'server' | 'worker'
  readonly role: string
  readonly #place: Place

  constructor(kind: 'server' | 'worker', role: string, place: Place) {
    this.kind = kind
    this.role = role
    this.#place = place
  }

  /** The process that runs and was ready once, or null. */
  get life(): Life | null {
    const last = this.lives.at(-1) ?? null
    return last?.killedAt === null ? last : null
  }

  /** Starts it, and answers when it is ready, as a balancer or a supervisor sees it. */
  async start(): Promise<void> {
    const up = startProcess(this.#place, this.kind)
    started.push(up)
    await waitUntilSaid(up, this.kind === 'server' ? 'Ready.' : 'Polling.')
    const line = up
      .err()
      .split('\n')
      .find((each) => each.includes('"Ready."'))
    const url = line === undefined ? '' : (JSON.parse(line) as { address: string }).address
    this.lives.push({ part: this, pid: up.child.pid ?? 0, url, up, killedAt: null })
  }

  /** kill -9; answers when it is gone. */
  async kill(): Promise<Life> {
    const { life } = this
    if (life === null) throw new Error(`${this.role} does not run.`)
    life.killedAt = performance.now()
    life.up.child.kill('SIGKILL')
    await life.up.ended
    return life
  }
}

const started: Up[] = []

/** Ends every process that was started here. */
export async function endAll(): Promise<void> {
  for (const up of started) await endForGood(up)
}

/** Writes the configuration of whoever has this account; sources and policies are those of the installation. */
export function configure(
  installation: Installation,
  account: { readonly name: string; readonly url: string },
): Place {
  const { folder, temporalAddress, namespace, smtpPort, smsUrl } = installation
  const home = join(folder, account.name)
  mkdirSync(home)
  writeFileSync(join(home, 'database-url'), account.url)
  const config = join(home, 'muster.yaml')
  writeFileSync(
    config,
    `mode: production
server: { port: 0, graceTime: 10s }
worker: { healthPort: 0, graceTime: 10s }
database: { url: { file: ./database-url } }
temporal: { address: "${temporalAddress}", namespace: ${namespace} }
keys: { ring: { file: ../keys.json } }
policies: ../policies
countries: [DE]
factors: { allowed.auth.factors: [emailOtp, smsOtp], allowed.reg.factors: [emailOtp, smsOtp] }
channels:
  email: [{ type: smtp, host: 127.0.0.1, port: ${smtpPort}, tls: none, from: no-reply@example.com }]
  sms: [{ type: http-sms, url: "${smsUrl}", network: loopback, body: { json: { to: "{to}", text: "{text}" } } }]
clients: { portal: { name: Portal, origin: "https://portal.example.com", trusted: true, factors: [emailOtp] } }
precedence: { default: [hr, agency] }
groupsFrom: [agency]
sources:
  agency: { type: scim }
  hr:
    type: csv
    file: ../hr.csv
    externalId: id
    attributes:
      userName: login
      employeeNumber: number
      department: department
      emails: [{ from: mail, type: work }]
      phoneNumbers: [{ from: mobile, type: mobile }]
    inactive: [{ attribute: status, equals: left }]
`,
  )
  return { data: join(home, 'data'), config }
}

/** Writes what all configurations refer to: the key ring, the policies and the first day of `hr`. */
export function writeShared(folder: string): void {
  mkdirSync(join(folder, 'policies'))
  for (const policy of policies)
    writeFileSync(join(folder, 'policies', `${policy.id}.json`), JSON.stringify(policy))
  writeFileSync(join(folder, 'keys.json'), makeRing('first'))
  writeFileSync(join(folder, 'hr.csv'), describeHr(0))
}

/** Makes an account with the rights of `muster_run` alone, and the part that works under it. */
export async function makePart(installation: Installation, kind: Part['kind'], role: string): Promise<Part> {
  await installation.admin.query(`create role ${role} login password 'pass' in role muster_run`)
  const url = new URL(installation.databaseUrl)
  url.username = role
  url.password = 'pass'
  return new Part(kind, role, configure(installation, { name: role, url: url.href }))
}
