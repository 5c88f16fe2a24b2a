import type { Writable } from 'node:stream'
import type { Configuration } from '../config/configuration.ts'
import type { LoadedConfiguration } from '../config/read-configuration.ts'
import type { Actor } from '../domain/actor.ts'
import type { Clock } from '../domain/clock.ts'
import type { TemporalStatus } from '../domain/status-view.ts'
import type { Database } from '../store/database.ts'
import type { Store } from '../store/store.ts'

/** 0 done · 1 failed · 2 usage or configuration · 3 held, waits for approval · 4 done, but not wholly. */
export type ExitCode = 0 | 1 | 2 | 3 | 4

/** The options that every command takes. */
export interface GlobalOptions {
  /** `--config`; null: MUSTER_CONFIG, then ./muster.yaml, then the sample organization's. */
  readonly config: string | null
  /** `--data`: the embedded stack's state. */
  readonly data: string
  /** `--json`: one JSON document on standard output, nothing else. */
  readonly json: boolean
}

export interface CliIo {
  readonly out: Writable
  readonly err: Writable
}

export interface OpenedStore {
  readonly database: Database
  readonly store: Store
  close(): Promise<void>
}

/** What became ready to be worked on: whatever is due, or a run whose second half may start. */
export type Nudge = { readonly what: 'drain' } | { readonly what: 'settle'; readonly runId: string }

/** Everything that a command may touch. The composition root makes it; nothing is opened before it is asked for. */
export interface CliContext {
  readonly io: CliIo
  /** Of this build. */
  readonly version: string
  readonly clock: Clock
  /** Who types: `admin` and the login of the operating system. */
  readonly actor: Actor
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  /** Set before a command's action starts. */
  globals: GlobalOptions
  /** What the process ends with when nothing is thrown. */
  exitCode: ExitCode
  /** Reads the configuration and answers its faults as a value, the file that was chosen included in them. */
  checkConfiguration(): Promise<LoadedConfiguration>
  /** Reads the configuration; throws `configuration` with every fault. */
  loadConfiguration(): Promise<Configuration>
  /**
   * Opens PostgreSQL: the production configuration's, else that of the embedded stack that runs on the data
   * directory. Throws `stack-not-running`, with the sentence that says how to start it, where there is neither.
   */
  openStore(): Promise<OpenedStore>
  /** What Temporal says of itself and our queue; null where it does not answer. */
  describeTemporal(): Promise<TemporalStatus | null>
  /** Tells the workflows. Throws `temporal-unavailable`: what was accepted is kept, the sweep will find it. */
  nudge(nudge: Nudge): Promise<void>
}
