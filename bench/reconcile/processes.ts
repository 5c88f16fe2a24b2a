import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const ticksPerSecond = 100

/** Seconds of CPU that a process has used, with those of its children that have ended. */
export function cpuOf(pid: number): number {
  const fields = statOf(pid)
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / ticksPerSecond
}

/** The same with every child that lives: a PostgreSQL with its backends. */
export function cpuOfFamily(pid: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => statOf(Number(name))[1] === String(pid))
  return children.reduce((sum, child) => sum + cpuOf(Number(child)), cpuOf(pid))
}

/** Megabytes that a process has held at most since `forgetPeak`. */
export function peakOf(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Fields of /proc/PID/stat after the name, which may hold anything: [0] is the state. */
function statOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return []
  }
}
