import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a production configuration of the tests is made of. */
export interface ProductionPlaces {
  /** For everything that is written. */
  readonly folder: string
  readonly databaseUrl: string
  readonly temporalAddress: string
  readonly namespace: string
  /** People in the source `hr`. */
  readonly people: number
  /** Where mail goes: a port on loopback. */
  readonly smtpPort: number
  /** More lines of YAML, at the top level. */
  readonly more?: string
}

/** A key ring with a new key of this name. */
export function makeRing(active: string, ...others: readonly string[]): string {
  const keys = [active, ...others].map((id) => [id, randomBytes(32).toString('base64')])
  return JSON.stringify({ active, keys: Object.fromEntries(keys) })
}

const policy = {
  id: 'mail',
  target: 'active eq true',
  conditions: { all: [{ fact: 'emails', operator: 'present', value: true }] },
  event: {
    type: 'provision',
    params: { rights: ['otp-email'], enroll: [{ factor: 'otp-email', from: 'emails', take: 'first' }] },
  },
}

/** Writes a configuration with a source `hr` of so many people, all of whom the policy gives mail. Answers its path. */
export function writeProduction(places: ProductionPlaces): string {
  const { folder, databaseUrl, temporalAddress, namespace, people, smtpPort, more = '' } = places
  mkdirSync(join(folder, 'policies'), { recursive: true })
  writeFileSync(join(folder, 'policies/mail.json'), JSON.stringify(policy))
  writeFileSync(join(folder, 'database-url'), databaseUrl)
  writeFileSync(join(folder, 'keys.json'), makeRing('first'))
  const rows = Array.from({ length: people }, (_, n) => `${n},person${n},hr-${n},person${n}@example.org`)
  writeFileSync(join(folder, 'hr.csv'), `id,login,number,mail\n${rows.join('\n')}\n`)
  const file = join(folder, 'muster.yaml')
  writeFileSync(
    file,
    `mode: production
server: { port: 0, graceTime: 10s }
worker: { healthPort: 0, graceTime: 10s }
database: { url: { file: ./database-url }, poolSize: 4 }
temporal: { address: "${temporalAddress}", namespace: ${namespace} }
keys: { ring: { file: ./keys.json } }
policies: ./policies
factors: { allowed.auth.factors: [emailOtp], allowed.reg.factors: [emailOtp] }
channels: { email: [{ type: smtp, host: 127.0.0.1, port: ${smtpPort}, tls: none, from: no-reply@example.com }] }
clients: { portal: { name: Portal, origin: "https://portal.example.com", trusted: true, factors: [emailOtp] } }
sources:
  agency: { type: scim }
  hr:
    type: csv
    file: ./hr.csv
    externalId: id
    attributes: { userName: login, employeeNumber: number, emails: [{ from: mail, type: work }] }
${more}`,
  )
  return file
}
