#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { MusterError } from '../domain/error.ts'
import { registerReconcile } from './commands/reconcile.ts'
import { registerUp } from './commands/up.ts'
import { createContext } from './create-context.ts'

const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort())

const context = createContext(process.env, interruption.signal)
const program = new Command('muster').exitOverride()
registerUp(program, context)
registerReconcile(program, context)
program.option('--config <file>').option('--data <dir>', '', '.muster').option('--json', '', false)
program.hook('preAction', (_, command) => {
  const { config, data, json } = command.optsWithGlobals()
  context.globals = { config: config ?? null, data, json }
})
try {
  await program.parseAsync()
  process.exitCode = context.exitCode
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\n${(error as Error).stack}`,
    )
    process.exitCode = error instanceof MusterError && ['usage', 'configuration'].includes(error.code) ? 2 : 1
  }
}
