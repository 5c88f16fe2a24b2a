import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages } from './debian-packages.ts'

const version = '4.32.5'
const python = '/usr/bin/python3'

/** The path of schemathesis's command, installed from PyPI into our cache where it is not there yet. */
export function ensureSchemathesis(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'muster', `schemathesis-${version}`)
  const mark = join(folder, 'complete')
  if (!existsSync(mark)) {
    // What was left half-way is no use.
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const interpreter = findPython()
    execFileSync(interpreter, ['-m', 'venv', join(folder, 'venv')], { stdio: 'pipe' })
    const pip = ['-m', 'pip', 'install', '--quiet', `schemathesis==${version}`]
    execFileSync(join(folder, 'venv', 'bin', 'python'), pip, { stdio: 'pipe' })
    writeFileSync(mark, '')
  }
  return join(folder, 'venv', 'bin', 'st')
}

/** The one on the path, else Debian's. */
function findPython(): string {
  try {
    execFileSync('python3', ['-c', 'import ensurepip, venv'], { stdio: 'pipe' })
    return 'python3'
  } catch {
    ensurePackages([python], ['python3', 'python3-venv'])
    return python
  }
}
