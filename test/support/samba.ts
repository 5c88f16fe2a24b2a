import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensurePackages } from './debian-packages.ts'

export interface ActiveDirectory {
  readonly url: string
  readonly suffix: string
  readonly bindDn: string
  readonly password: string
  /** Applies LDIF (adds, and changes with `changetype`) as the administrator. */
  apply(ldif: string): void
  close(): Promise<void>
}

const password = 'Adm1n-Passw0rd'
const suffix = 'dc=example,dc=test'

/**
 * A Samba domain controller that serves nothing but LDAP. Its port cannot be chosen, so its address is: one of the
 * sixteen million of loopback.
 */
export async function startActiveDirectory(): Promise<ActiveDirectory> {
  ensurePackages(
    ['/usr/sbin/samba', '/usr/bin/samba-tool', '/usr/bin/ldapmodify'],
    ['samba-ad-dc', 'samba-ad-provision', 'ldap-utils'],
  )
  const folder = mkdtempSync(join(tmpdir(), 'muster-samba-'))
  const [second, third] = [process.pid >> 8, process.pid].map((part) => part & 0xff)
  const address = `127.${second}.${third}.77`
  provision(folder, address)
  const configuration = join(folder, 'etc/smb.conf')
  // Simple binds without TLS, on loopback: what is tested here is what the directory says.
  appendFileSync(configuration, '[global]\n\tldap server require strong auth = no\n')
  // A group of its own, so that all of its processes can be ended together.
  const child = spawn('/usr/sbin/samba', ['-i', '-s', configuration], { stdio: 'ignore', detached: true })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await waitUntilReady(address, exited)
  const url = `ldap://${address}`
  const bindDn = `cn=Administrator,cn=Users,${suffix}`
  return {
    url,
    suffix,
    bindDn,
    password,
    apply: (ldif) => {
      execFileSync('/usr/bin/ldapmodify', ['-x', '-a', '-H', url, '-D', bindDn, '-w', password], {
        input: ldif,
        stdio: 'pipe',
      })
    },
    close: async () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function provision(folder: string, address: string): void {
  const options = {
    realm: 'EXAMPLE.TEST',
    domain: 'EXAMPLE',
    adminpass: password,
    'server-role': 'dc',
    'dns-backend': 'NONE',
    'host-name': 'dc1',
    'host-ip': address,
    targetdir: folder,
  }
  const settings = [
    `interfaces=${address}/8`,
    'bind interfaces only=yes',
    'server services=ldap',
    `log file=${folder}/log`,
  ]
  execFileSync(
    '/usr/bin/samba-tool',
    [
      'domain',
      'provision',
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      ...settings.map((setting) => `--option=${setting}`),
    ],
    { stdio: 'pipe' },
  )
}

async function waitUntilReady(address: string, exited: Promise<void>): Promise<void> {
  let ended = false
  void exited.then(() => {
    ended = true
  })
  while (!(await answers(address))) {
    if (ended) throw new Error('Samba ended before it served.')
    await delay(100)
  }
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 389 })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
