import { resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import { MusterError } from '../domain/error.ts'
import { describeUnknown } from './arguments/usage-fault.ts'
import type { CliContext, ExitCode } from './context.ts'
import { reportFault } from './output/report-fault.ts'

/** Adds one verb to the program. */
export type RegisterCommand<Context extends CliContext> = (program: Command, context: Context) => void

/** Builds `muster` with these verbs. Whatever it prints goes through the context; it never ends the process. */
export function buildProgram<Context extends CliContext>(
  context: Context,
  registers: readonly RegisterCommand<Context>[],
): Command {
  const program = new Command('muster')
    .description(
      'Gives the right people one-time codes: reads identities, decides by policy, enrolls addresses.',
    )
    .version(context.version, '--version')
    .option('--config <file>', 'configuration (default: MUSTER_CONFIG, ./muster.yaml, then the sample)')
    .option('--data <dir>', 'state of the embedded stack', '.muster')
    .option('--json', 'one JSON document on standard output, nothing else')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: true })
    .configureOutput({
      writeOut: (text) => context.io.out.write(text),
      writeErr: (text) => context.io.err.write(text),
    })
    .addHelpText('after', exitHelp)
    .exitOverride()
    .hook('preAction', (root, action) => {
      context.globals = readGlobals(root)
      refuseExcess(action)
    })
  // A reader that goes away (`| head`) is told to whoever writes; unheard, the event would end the process.
  context.io.out.on('error', () => undefined)
  for (const register of registers) register(program, context)
  allowExcess(program)
  return program
}

/** Runs one command line, without node and script, and answers what the process ends with. Never throws. */
export async function runProgram(
  program: Command,
  context: CliContext,
  words: readonly string[],
): Promise<ExitCode> {
  try {
    await program.parseAsync([...words], { from: 'user' })
    return context.exitCode
  } catch (fault) {
    if (!(fault instanceof CommanderError)) context.globals = readGlobals(program)
    return reportFault(context, fault)
  }
}

const exitHelp = `
Exit codes: 0 done, 1 failed, 2 usage or configuration fault, 3 held until a person approves, 4 done but not wholly.`

function readGlobals(program: Command): CliContext['globals'] {
  const { config, data, json } = program.opts<{ config?: string; data: string; json?: boolean }>()
  return { config: config ?? null, data: resolve(data), json: json === true }
}

/**
 * `muster runs lst`: a group with a default verb takes an unknown verb for an argument of the default. Here it is
 * told from a word too many, and the nearest verb is named.
 */
function refuseExcess(action: Command): void {
  const extra = action.args[action.registeredArguments.length]
  if (extra === undefined || action.registeredArguments.at(-1)?.variadic === true) return
  const verbs = action.parent?.commands.map((command) => command.name()) ?? []
  if (action.name() === 'list') {
    throw new MusterError('usage', describeUnknown(`command ${action.parent?.name()}`, extra, verbs))
  }
  throw new MusterError(
    'usage',
    `${action.name()} takes nothing more after ${JSON.stringify(action.args.at(-2) ?? '')}.`,
  )
}

function allowExcess(command: Command): void {
  command.allowExcessArguments(true)
  for (const child of command.commands) allowExcess(child)
}
