// Longer than 300 lines: what a round needs around it, from slapd to the worker's process.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { putPolicyFolderInForce } from '../../bin/compose/policy-folder.ts'
import { requestRun, waitForRun } from '../../bin/compose/request-run.ts'
import { connectTemporal, type Temporal } from '../../bin/compose/temporal.ts'
import type { Configuration } from '../../config/configuration.ts'
import { loadConfiguration } from '../../config/load-configuration.ts'
import type { Run } from '../../domain/run.ts'
import { type Postgres, startPostgres } from '../../embedded/postgres.ts'
import { launchTemporal } from '../../embedded/temporal-launcher.ts'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { migrate, openDatabase } from '../../store/database.ts'
import { openStore, type Store } from '../../store/store.ts'
import { type Slapd, startSlapd } from '../../test/support/slapd.ts'
import { attributes, base, describeChanges, suffix, writeLdif } from './people.ts'
import { cpuOf, cpuOfFamily, forgetPeak, peakOf } from './processes.ts'

const password = 'bench-only'
const projectFolder = fileURLToPath(new URL('../..', import.meta.url))
const requestedBy = { kind: 'system', id: 'bench' } as const

/** What one run took. Seconds; megabytes at most of the worker. */
export interface Measured {
  readonly wall: number
  readonly workerCpu: number
  readonly postgresCpu: number
  readonly directoryCpu: number
  readonly workerPeak: number
  readonly run: Run
}

/** PostgreSQL, Temporal and a folder for everything; directories and installations come and go in it. */
export class BenchWorld {
  readonly folder: string
  readonly postgres: Postgres
  readonly #temporal: Awaited<ReturnType<typeof launchTemporal>>
  #count = 0

  private constructor(
    folder: string,
    postgres: Postgres,
    temporal: Awaited<ReturnType<typeof launchTemporal>>,
  ) {
    this.folder = folder
    this.postgres = postgres
    this.#temporal = temporal
  }

  static async open(): Promise<BenchWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'))
    chmodSync(folder, 0o711)
    mkdirSync(join(folder, 'data', 'temporal'), { recursive: true })
    chmodSync(join(folder, 'data'), 0o711)
    const say = (text: string) => process.stderr.write(`${text}\n`)
    // The worker that is measured is the one that operators run.
    if (process.env['MUSTER_BENCH_NO_BUILD'] === undefined)
      execFileSync('npm', ['run', '--silent', 'build'], {
        cwd: projectFolder,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    const postgres = await startPostgres({ dataDir: join(folder, 'data'), onProgress: say })
    const temporal = await launchTemporal({
      environment: process.env,
      stateFile: join(folder, 'data', 'temporal', 'state.sqlite'),
      namespace: 'muster',
      uiPort: null,
      onProgress: say,
    })
    return new BenchWorld(folder, postgres, temporal)
  }

  /** A slapd with so many people. */
  async startDirectory(people: number): Promise<Slapd> {
    const file = join(this.folder, 'people.ldif')
    writeLdif(file, people)
    return startSlapd({ suffix, rootPassword: password, ldif: { file } })
  }

  /** An empty database with a worker of its own that reads the directory. */
  async install(directory: Slapd): Promise<Installation> {
    this.#count += 1
    const name = `bench_${this.#count}`
    const administration = openDatabase({ url: this.postgres.url, poolSize: 1 })
    await administration.raw('create database ??', [name])
    await administration.destroy()
    const url = this.postgres.url.replace(/\/[^/]*$/, `/${name}`)
    const { address } = this.#temporal
    await registerNamespace(address, name)
    const temporal = await connectTemporal({ address, namespace: name, tls: null, apiKey: null })
    return Installation.start({
      folder: join(this.folder, name),
      url,
      address,
      name,
      temporal,
      directory,
      postgresPid: this.postgres.pid,
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.postgres.stop(), this.#temporal.stop()])
    rmSync(this.folder, { recursive: true, force: true })
  }
}

interface Parts {
  readonly folder: string
  readonly url: string
  readonly address: string
  readonly name: string
  readonly temporal: Temporal
  readonly directory: Slapd
  readonly postgresPid: number
}

/** One Muster over one directory. */
export class Installation {
  readonly #parts: Parts
  readonly #store: Store
  readonly #worker: ChildProcess

  private constructor(parts: Parts, store: Store, worker: ChildProcess) {
    this.#parts = parts
    this.#store = store
    this.#worker = worker
  }

  static async start(parts: Parts): Promise<Installation> {
    const configuration = await writeConfiguration(parts)
    const database = openDatabase({ url: parts.url, poolSize: 2, applicationName: 'muster-bench' })
    await migrate(database)
    const store = openStore(database)
    await store.runs.keepSources(database, [{ name: 'corp', type: 'ldap' }])
    await putPolicyFolderInForce(configuration, store, configuration.policies, requestedBy)
    const program = join(projectFolder, 'dist/bin/muster.js')
    const options = [
      ...optionsOf(program),
      ...(process.env['MUSTER_BENCH_NODE'] ?? '').split(' ').filter(Boolean),
    ]
    const worker = spawn(process.execPath, [...options, program, 'worker', '--config', configuration.file], {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, BENCH_DATABASE: parts.url, BENCH_PASSWORD: password },
    })
    await whenListening(worker)
    return new Installation(parts, store, worker)
  }

  /** One full run, from the request to its end. */
  async reconcile(): Promise<Measured> {
    const { temporal, directory, postgresPid } = this.#parts
    const pid = this.#worker.pid ?? 0
    const used = () => [cpuOf(pid), cpuOfFamily(postgresPid), cpuOf(directory.pid)] as const
    forgetPeak(pid)
    const before = used()
    const started = performance.now()
    const runId = await requestRun(temporal.client, { source: 'corp', kind: 'full', requestedBy })
    const run = await waitForRun(this.#store, runId)
    const wall = (performance.now() - started) / 1000
    const after = used()
    if (run.status !== 'completed' || run.read?.complete !== true)
      throw new Error(`The run is ${run.status}: ${JSON.stringify(run.read)}`)
    const [workerCpu, postgresCpu, directoryCpu] = [0, 1, 2].map((at) => (after[at] ?? 0) - (before[at] ?? 0))
    return {
      wall,
      workerCpu: workerCpu ?? 0,
      postgresCpu: postgresCpu ?? 0,
      directoryCpu: directoryCpu ?? 0,
      workerPeak: peakOf(pid),
      run,
    }
  }

  /** Lets PostgreSQL tidy up now, so that it does not while something is measured. */
  async settle(): Promise<void> {
    await this.#store.database.raw('vacuum analyze')
    await this.#store.database.raw('checkpoint')
  }

  async close(): Promise<void> {
    const ended = once(this.#worker, 'exit')
    this.#worker.kill('SIGTERM')
    await ended
    await this.#parts.temporal.close()
    await this.#store.database.destroy()
  }
}

/** Those of Node with which a program runs that is started as itself: its first line has them. */
function optionsOf(program: string): readonly string[] {
  const [first = ''] = readFileSync(program, 'utf8').split('\n', 1)
  return first.split(' ').filter((word) => word.startsWith('--'))
}

/** Its log says when it has taken up work. */
function whenListening(worker: ChildProcess): Promise<void> {
  let log = ''
  return new Promise((resolve, reject) => {
    worker.once('exit', () => reject(new Error(`The worker did not start.\n${log}`)))
    worker.stderr?.on('data', (chunk) => {
      log += String(chunk)
      if (log.includes('Polling')) resolve()
    })
  })
}

/** Seconds that ldapsearch takes to read everybody, page by page, with the same attributes. */
export function searchOnce(directory: Slapd): number {
  const started = performance.now()
  execFileSync(
    '/usr/bin/ldapsearch',
    [
      ...['-x', '-LLL', '-o', 'ldif-wrap=no', '-E', 'pr=1000/noprompt', '-H', directory.url],
      ...['-D', directory.rootDn, '-w', password, '-b', base, '(objectClass=inetOrgPerson)'],
      ...attributes,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  return (performance.now() - started) / 1000
}

/** Changes one in a hundred. */
export function changeSome(directory: Slapd, people: number, round: number): void {
  execFileSync('/usr/bin/ldapmodify', ['-x', '-H', directory.url, '-D', directory.rootDn, '-w', password], {
    input: describeChanges(people, round),
    stdio: ['pipe', 'ignore', 'inherit'],
  })
}

const policy = {
  id: 'codes-for-staff',
  target: 'active eq true',
  conditions: {
    all: [
      { fact: 'userType', operator: 'in', value: ['employee', 'contractor'] },
      { fact: 'department', operator: 'present', value: true },
    ],
  },
  event: {
    type: 'provision',
    params: {
      rights: ['otp-email', 'otp-sms'],
      enroll: [
        { factor: 'otp-email', from: 'emails', take: 'primary' },
        { factor: 'otp-sms', from: 'phoneNumbers[type eq "mobile"]', take: 'first' },
      ],
    },
  },
}

async function writeConfiguration({
  folder,
  directory,
  url: database,
  address,
  name,
}: Parts): Promise<Configuration> {
  mkdirSync(join(folder, 'policies'), { recursive: true })
  writeFileSync(join(folder, 'policies', 'codes-for-staff.json'), JSON.stringify(policy))
  const file = join(folder, 'muster.yaml')
  writeFileSync(
    file,
    `mode: production
database: { url: { env: BENCH_DATABASE } }
temporal: { address: "${address}", namespace: ${name} }
keys: { ring: { file: ./keys.json } }
log: { level: info }
# Nothing is sent here.
factors: { allowed.auth.factors: [], allowed.reg.factors: [] }
policies: ./policies
attributes: { room: { type: string }, city: { type: string }, company: { type: string }, initials: { type: string } }
sources:
  corp:
    type: ldap
    flavor: openldap
    urls: ["${directory.url}"]
    tls: { mode: none }
    bind: { dn: "cn=admin,${suffix}", password: { env: BENCH_PASSWORD } }
    people:
      base: "${base}"
      filter: (objectClass=inetOrgPerson)
      externalId: entryUUID
      attributes:
        userName: uid
        displayName: displayName
        name.givenName: givenName
        name.familyName: sn
        title: title
        userType: employeeType
        employeeNumber: employeeNumber
        department: departmentNumber
        preferredLanguage: preferredLanguage
        manager: manager
        custom.room: roomNumber
        custom.city: l
        custom.company: o
        custom.initials: initials
        emails: [{ from: mail, type: work, primary: true }]
        phoneNumbers: [{ from: mobile, type: mobile }, { from: telephoneNumber, type: work }]
      country: { attribute: c }
`,
  )
  const ring = { active: 'bench', keys: { bench: randomBytes(32).toString('base64') } }
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(ring), { mode: 0o600 })
  const loaded = await loadConfiguration({
    file,
    env: { BENCH_DATABASE: database, BENCH_PASSWORD: password },
  })
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
  return loaded.configuration
}
