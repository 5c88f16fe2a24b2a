import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

const aptGet = '/usr/bin/apt-get'
/** A package starts its service unless this file says no. */
const policy = '/usr/sbin/policy-rc.d'

/**
 * Makes sure that programs of Debian's packages are there: installs the packages where it may (root), saying so, and
 * otherwise throws an error with the command that does it. No package starts a service of its own.
 */
export function ensurePackages(programs: readonly string[], packages: readonly string[]): void {
  if (programs.every((program) => existsSync(program))) return
  const command = ['install', '-y', '--no-install-recommends', ...packages]
  const byHand = `As root: apt-get ${command.join(' ')}`
  if (process.getuid?.() !== 0 || !existsSync(aptGet))
    throw new Error(`The tests need ${packages.join(', ')}. ${byHand}`)
  process.stderr.write(`Installing ${packages.join(', ')} for the tests…\n`)
  const made = !existsSync(policy)
  if (made) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    execFileSync(aptGet, ['update', '-qq'], { env, stdio: 'ignore' })
    execFileSync(aptGet, command, { env, stdio: 'ignore' })
  } catch (cause) {
    throw new Error(`${packages.join(', ')} could not be installed. ${byHand}`, { cause })
  } finally {
    if (made) rmSync(policy)
  }
}
