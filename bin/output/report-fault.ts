import { CommanderError } from 'commander'
import { type ErrorCode, MusterError } from '../../domain/error.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { describeFault } from '../fault-fields.ts'
import { printable, writeJson, writeText } from './write.ts'

/**
 * Says on standard error what went wrong, with `--json` also as `{"error": {code, message}}` on standard output,
 * and answers the exit code.
 */
export async function reportFault(context: CliContext, fault: unknown): Promise<ExitCode> {
  // Commander has said its part already.
  if (fault instanceof CommanderError) return helpCodes.has(fault.code) ? 0 : 2
  // The reader has seen enough (`| head`): that is no fault of ours.
  if (isBrokenPipe(fault)) return context.exitCode
  const { code, message } = describe(fault)
  await writeText(context.io.err, `error: ${message.split('\n').map(printable).join('\n')}\n`)
  if (context.globals.json) await writeJson(context.io.out, { error: { code, message } })
  return exitCodes[code] ?? 1
}

const helpCodes: ReadonlySet<string> = new Set(['commander.helpDisplayed', 'commander.version'])

const exitCodes: Partial<Record<ErrorCode, ExitCode>> = {
  usage: 2,
  configuration: 2,
  'filter-invalid': 2,
  'policy-invalid': 2,
  'source-pushed': 2,
  'source-unknown': 2,
  held: 3,
}

function describe(fault: unknown): { readonly code: ErrorCode; readonly message: string } {
  if (fault instanceof MusterError) return { code: fault.code, message: fault.message }
  // knex puts the statement before the words of the database.
  const { name, code, message } = describeFault(fault)
  const what = message?.split(' - ').at(-1) ?? `${name}${code === null ? '' : ` (${code})`}`
  if (code !== null && unreachableCodes.test(code)) {
    return { code: 'database-unavailable', message: `PostgreSQL does not answer: ${what}` }
  }
  if (code !== null && refusingCodes.test(code)) {
    return { code: 'database-unavailable', message: `PostgreSQL refuses: ${what}` }
  }
  return { code: 'internal', message: `Something failed that is not foreseen: ${what}` }
}

/** What the driver says when nobody answers: errors of sockets and SQLSTATE classes 08 and 57. */
const unreachableCodes = /^(ECONN|ETIMEDOUT|EHOST|ENETUNREACH|ENOTFOUND|EAI_|08|57)/

/** It answers, but for now not with what was asked: login, resources (connections, disk), read only (as a standby is). */
const refusingCodes = /^(28|53)|^25006$/

function isBrokenPipe(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === 'EPIPE'
}
