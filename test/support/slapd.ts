import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages } from './debian-packages.ts'

const slapdPath = '/usr/sbin/slapd'

/** Makes sure that OpenLDAP's server and tools are there. */
export function ensureSlapd(): void {
  ensurePackages([slapdPath, '/usr/bin/ldapsearch'], ['slapd', 'ldap-utils'])
}

export interface SlapdOptions {
  readonly suffix: string
  /** Of `cn=admin,SUFFIX`. */
  readonly rootPassword: string
  /** What it holds, as text or as a file. */
  readonly ldif: string | { readonly file: string }
  /** More lines for the database's part of slapd.conf, e.g. `limits` or `access` rules. */
  readonly config?: readonly string[]
  /** PEM files: the server then offers StartTLS, and `ldapsUrl` is there. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export interface Slapd {
  readonly url: string
  readonly ldapsUrl: string
  readonly rootDn: string
  readonly pid: number
  close(): Promise<void>
}

/** A real slapd with a private folder on a free port of loopback. */
export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  ensureSlapd()
  const folder = mkdtempSync(join(tmpdir(), 'muster-slapd-'))
  const config = join(folder, 'slapd.conf')
  mkdirSync(join(folder, 'data'))
  writeFileSync(config, makeConfig(options, folder))
  execFileSync('/usr/sbin/slapadd', ['-q', '-f', config, '-l', fileOf(options.ldif, folder)], {
    stdio: 'pipe',
  })
  const [port, securePort] = [await findFreePort(), await findFreePort()]
  const urls = [`ldap://127.0.0.1:${port}/`, ...(options.tls ? [`ldaps://127.0.0.1:${securePort}/`] : [])]
  // A debug level, be it 0, keeps it in the foreground, so that it ends with us.
  const child = spawn(slapdPath, ['-f', config, '-h', urls.join(' '), '-d', '0'], { stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const close = async (): Promise<void> => {
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  await waitUntilReady(port, exited)
  return {
    url: `ldap://127.0.0.1:${port}`,
    ldapsUrl: `ldaps://localhost:${securePort}`,
    rootDn: `cn=admin,${options.suffix}`,
    pid: child.pid ?? 0,
    close,
  }
}

function fileOf(ldif: SlapdOptions['ldif'], folder: string): string {
  if (typeof ldif !== 'string') return ldif.file
  const file = join(folder, 'data.ldif')
  writeFileSync(file, ldif)
  return file
}

function makeConfig(options: SlapdOptions, folder: string): string {
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis']
  const tls = options.tls
    ? [`TLSCertificateFile ${options.tls.cert}`, `TLSCertificateKeyFile ${options.tls.key}`]
    : []
  return [
    ...schemas.map((name) => `include /etc/ldap/schema/${name}.schema`),
    `pidfile ${join(folder, 'slapd.pid')}`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    'sizelimit unlimited',
    ...tls,
    'database mdb',
    `suffix "${options.suffix}"`,
    `rootdn "cn=admin,${options.suffix}"`,
    `rootpw ${options.rootPassword}`,
    `directory ${join(folder, 'data')}`,
    'maxsize 2147483648',
    'index objectClass eq',
    // The first rule that fits an account counts.
    ...(options.config ?? []),
    'limits * size=unlimited time=unlimited',
    '',
  ].join('\n')
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no free port'))
        else resolve(address.port)
      })
    })
  })
}

async function waitUntilReady(port: number, exited: Promise<void>): Promise<void> {
  let gone = false
  void exited.then(() => {
    gone = true
  })
  const deadline = Date.now() + 15_000
  while (!(await canConnect(port))) {
    if (gone) throw new Error('slapd ended at once: see its configuration')
    if (Date.now() > deadline) throw new Error('slapd did not listen within 15 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
