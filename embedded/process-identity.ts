import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process that is told apart from a later one which was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** When the process started, in a form that is only good for comparing: boot id and ticks, or `ps` text. */
  readonly startedAt: string
}

/** The identity of a living process; null when there is none with this pid, or only its zombie. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? readStartFromProc(pid) : readStartFromPs(pid)
  return startedAt === null ? null : { pid, startedAt }
}

/** True while exactly this process lives; a process that was given its pid later does not count. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt
}

/** The arguments that a process was started with, or null when it is gone or not ours to look at. */
export function readArguments(pid: number): readonly string[] | null {
  try {
    if (process.platform !== 'linux') return askPs(pid, 'args').split(' ')
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
  } catch {
    return null
  }
}

/** Narrows what was read from a file. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false
  const { pid, startedAt } = value as Partial<Record<keyof ProcessIdentity, unknown>>
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 && typeof startedAt === 'string'
}

function readStartFromProc(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in brackets and may hold blanks and brackets itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state, ticks] = [fields[0], fields[19]]
    if (state === undefined || ticks === undefined || 'ZX'.includes(state)) return null
    // Ticks count from the boot: after another boot the same pid may come by at the same tick.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`
  } catch {
    return null
  }
}

function readStartFromPs(pid: number): string | null {
  try {
    const state = askPs(pid, 'stat')
    return state === '' || state.startsWith('Z') ? null : askPs(pid, 'lstart')
  } catch {
    return null
  }
}

function askPs(pid: number, column: string): string {
  const options = { encoding: 'utf8', env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' }, stdio: 'pipe' } as const
  return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], options).trim()
}
