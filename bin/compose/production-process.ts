import type { Logger } from 'pino'
import type { Configuration } from '../../config/configuration.ts'
import type { LoadedConfiguration } from '../../config/read-configuration.ts'
import type { LogLosses } from '../log.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { renewSecrets } from './renew-secrets.ts'
import type { StartedParts } from './started-parts.ts'

/** What `muster server` and `muster worker` are given. */
export interface ProcessOptions {
  /** Of the production mode. */
  readonly configuration: Configuration
  readonly log: Logger
  /** What the log refuses, counted. */
  readonly losses: LogLosses
  /** Null: nothing is traced. */
  readonly tracing: Tracing | null
  /** Of this build. */
  readonly version: string
  /** Fires when the operator asks for the end. */
  readonly interrupted: AbortSignal
  /** Reads the configuration again. */
  readonly reload: () => Promise<LoadedConfiguration>
}

/** How a process ended: told to, in time or not, or because a part of it failed. */
export type ProcessEnd = 'done' | 'late' | 'failed'

/** Puts what was renewed to use. Throws where it cannot be used: what was in use goes on. */
export type Renewal = () => void | Promise<void>

/**
 * Listens for SIGHUP: reads the configuration again, renews its secrets where they are held and calls every renewal.
 * A faulty configuration is refused with its faults in the log. Answers how to listen no more.
 */
export function listenForHangup(
  { configuration, log, reload }: ProcessOptions,
  renewals: readonly Renewal[],
): () => void {
  let work: Promise<void> = Promise.resolve()
  const onHangup = () => {
    work = work
      .then(() => renew(configuration, log, reload, renewals))
      .catch((err: unknown) => log.error({ err }, 'SIGHUP: the configuration was not read again.'))
  }
  process.on('SIGHUP', onHangup)
  return () => process.off('SIGHUP', onHangup)
}

async function renew(
  configuration: Configuration,
  log: Logger,
  reload: ProcessOptions['reload'],
  renewals: readonly Renewal[],
): Promise<void> {
  const loaded = await reload()
  if (!loaded.ok) {
    for (const { file, line, column, message } of loaded.faults)
      log.error(
        `SIGHUP: refused, the former configuration goes on. ${file}:${line ?? 0}:${column ?? 0}: ${message}`,
      )
    return
  }
  const others = renewSecrets(configuration, loaded.configuration)
  for (const renewal of renewals) {
    await Promise.resolve()
      .then(renewal)
      .catch((err: unknown) => log.error({ err }, 'SIGHUP: a part goes on with what it had.'))
  }
  log.info('SIGHUP: secrets were read again.')
  if (others.length > 0)
    log.warn(
      `SIGHUP: these parts of the configuration changed too, and need a restart: ${others.join(', ')}.`,
    )
}

/** Ends every part within the grace time, and says so. */
export async function endParts(
  parts: StartedParts,
  { log, graceTime }: { readonly log: Logger; readonly graceTime: number },
): Promise<'done' | 'late'> {
  log.info('Ending: what is under way is finished or handed over.')
  const inTime = await parts.stopWithin(graceTime)
  if (inTime) log.info('Ended.')
  else log.error({ ms: graceTime }, 'Not everything ended within the grace time; it is cut off.')
  return inTime ? 'done' : 'late'
}
