#!/usr/bin/env -S node --max-semi-space-size=32
import { registerAudit } from './commands/audit.ts'
import { registerCheck } from './commands/check.ts'
import { registerConfig } from './commands/config.ts'
import { registerDeliveries } from './commands/deliveries.ts'
import { registerEnrollments } from './commands/enrollments.ts'
import { registerIdentities } from './commands/identities.ts'
import { registerMigrate } from './commands/migrate.ts'
import { registerPolicies } from './commands/policies.ts'
import { registerServer, registerWorker } from './commands/production.ts'
import { registerReconcile } from './commands/reconcile.ts'
import { registerRights } from './commands/rights.ts'
import { registerRuns } from './commands/runs.ts'
import { registerSources } from './commands/sources.ts'
import { registerStatus } from './commands/status.ts'
import { registerToken } from './commands/token.ts'
import { registerUp } from './commands/up.ts'
import { createContext, type RootContext } from './create-context.ts'
import { buildProgram, type RegisterCommand, runProgram } from './program.ts'

const commands: readonly RegisterCommand<RootContext>[] = [
  registerUp,
  registerServer,
  registerWorker,
  registerCheck,
  registerConfig,
  registerMigrate,
  registerReconcile,
  registerSources,
  registerRuns,
  registerIdentities,
  registerRights,
  registerEnrollments,
  registerDeliveries,
  registerPolicies,
  registerAudit,
  registerStatus,
  registerToken,
]

/**
 * The first signal asks for an orderly end; the second is not listened to any more, and ends the process. A command
 * that never asks for this has nothing to put in order: the first signal ends it.
 */
function listenForInterruption(): AbortSignal {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
  return interruption.signal
}

const context = createContext(process.env, listenForInterruption)
process.exitCode = await runProgram(buildProgram(context, commands), context, process.argv.slice(2))
