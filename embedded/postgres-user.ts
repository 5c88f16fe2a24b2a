import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { MusterError } from '../domain/error.ts'

/** The unprivileged user that PostgreSQL runs as when we are root: it refuses to run as root. */
export interface PostgresUser {
  readonly uid: number
  readonly gid: number
}

const NAME = 'postgres'

/**
 * Finds the `postgres` user, and makes it where it is missing; null when we are not root and PostgreSQL simply runs
 * as we do. Throws MusterError `database-unavailable` when it is missing and cannot be made.
 */
export function findPostgresUser(): PostgresUser | null {
  if (process.getuid?.() !== 0) return null
  return lookUp() ?? create()
}

/**
 * Makes sure that PostgreSQL's user can reach every path, for which it must be able to enter each folder on the way.
 * Throws MusterError `database-unavailable` that names the first folder which it cannot enter, and `remedy`.
 */
export function assertReachable(user: PostgresUser | null, path: string, remedy: string): void {
  if (user === null) return
  const script = 'for folder; do test -x "$folder" || { printf %s "$folder"; exit 1; }; done'
  const way = listWay(path)
  const seen = spawnSync('/bin/sh', ['-c', script, 'sh', ...way], { cwd: '/', encoding: 'utf8', ...user })
  if (seen.status === 0) return
  const barrier = seen.stdout === '' ? path : seen.stdout
  throw new MusterError(
    'database-unavailable',
    `PostgreSQL cannot run as root, and the user "${NAME}" cannot enter ${barrier} on the way to ${path}. ${remedy}`,
  )
}

/** The path and all folders above it, from the root down. */
function listWay(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...listWay(parent), path]
}

function lookUp(): PostgresUser | null {
  const ask = (flag: string) => spawnSync('id', [flag, NAME], { encoding: 'utf8' })
  const [uid, gid] = [ask('-u'), ask('-g')]
  if (uid.status !== 0 || gid.status !== 0) return null
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

function create(): PostgresUser {
  const args = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', NAME]
  const made = spawnSync('useradd', args, { encoding: 'utf8' })
  const user = lookUp()
  if (user !== null) return user
  throw new MusterError(
    'database-unavailable',
    `PostgreSQL cannot run as root, and the user "${NAME}" could not be made. Run "useradd --system ${NAME}", or start as another user.`,
    { detail: made.error?.message ?? made.stderr },
  )
}
