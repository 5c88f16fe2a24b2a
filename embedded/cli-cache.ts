import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { tryLock } from './lock-file.ts'

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where in our cache a Temporal CLI is, or is to be. */
export interface CliPlace {
  /** The cache folder of this release. */
  readonly folder: string
  /** The CLI in it. */
  readonly file: string
  /** A release tag such as `v1.5.1`. */
  readonly release: string
  /** For a proxy, and for Go's own settings. */
  readonly environment: Environment
  onProgress(message: string): void
}

/** Makes a CLI somewhere in an empty folder and gives its path, or throws an Error with a short reason. */
export type MakeCli = (place: CliPlace, draftFolder: string) => Promise<string>

const DRAFT_PREFIX = 'draft-'
const LOOK_EVERY_MS = 500

/**
 * Puts a CLI into the cache, where it appears whole or not at all. One at a time on this machine: a second caller
 * waits for the first and takes what it made. Throws what `make` throws.
 */
export async function fillCache(place: CliPlace, make: MakeCli): Promise<string> {
  mkdirSync(place.folder, { recursive: true })
  const { release, hasWaited } = await waitForTurn(place)
  try {
    if (!hasWaited || !existsSync(place.file)) await fill(place, make)
    return place.file
  } finally {
    release()
  }
}

async function waitForTurn(place: CliPlace): Promise<{ release(): void; hasWaited: boolean }> {
  for (let hasWaited = false; ; hasWaited = true) {
    const lock = tryLock(join(place.folder, 'fill.lock'))
    if (lock.held) return { release: lock.release, hasWaited }
    if (!hasWaited) {
      place.onProgress(`Waiting for another process (pid ${lock.holder.pid}) that gets the Temporal CLI …`)
    }
    await delay(LOOK_EVERY_MS)
  }
}

async function fill(place: CliPlace, make: MakeCli): Promise<void> {
  removeDrafts(place.folder)
  const draft = mkdtempSync(join(place.folder, DRAFT_PREFIX))
  try {
    renameSync(await make(place, draft), place.file)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** What killed processes left; nobody else writes here while we hold the lock. */
function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(DRAFT_PREFIX)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}
