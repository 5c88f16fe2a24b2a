import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A program of this folder in a process of its own, asked and answered in turn. */
export interface Program<Question, Answer> {
  readonly child: ChildProcess
  ask(question: Question): Promise<Answer>
  /** Lets it end by itself, so that a profile is written. */
  close(): Promise<void>
}

/** Runs it from the source, or from the folder that `compilePrograms` put it into. */
export function startProgram<Question extends object, Answer>(
  name: string,
  { compiled, execArgv = [] }: { readonly compiled?: string; readonly execArgv?: readonly string[] } = {},
): Program<Question, Answer> {
  const file =
    compiled === undefined
      ? fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
      : join(compiled, `${name}.js`)
  const options = compiled === undefined ? ['--import', 'tsx', ...execArgv] : [...execArgv]
  const child = fork(file, [], { execArgv: options, serialization: 'advanced' })
  return {
    child,
    ask: async (question) => {
      const answered = new Promise<Answer>((resolve, reject) => {
        const fail = () => reject(new Error(`${name} ended.`))
        child.once('exit', fail)
        child.once('message', (message) => {
          child.off('exit', fail)
          resolve(message as Answer)
        })
      })
      child.send(question)
      return answered
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

const ticksPerSecond = 100

/** Milliseconds of CPU that a process, and every child of it that has ended, has used. */
export function cpuOf(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
  return (ticks * 1000) / ticksPerSecond
}
