import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Environment } from './environment.ts'
import type { ConfigurationPath, Finding } from './fault.ts'
import { readMode } from './mode-checks.ts'
import { setPath } from './plain-tree.ts'
import { findMarkedValues, isRecord, type SchemaNode } from './schema-tree.ts'

/** A secret is a line or a key, not a disk. */
const maximumSecretBytes = 64 * 1024

export interface MarkedValueOptions {
  /** What relative paths are relative to. */
  readonly folder: string
  readonly environment: Environment
  /** False leaves secrets in files unread (and unreported). */
  readonly readSecretFiles: boolean
}

/**
 * Replaces, in place, every secret of the document by its text and every path by an absolute one, and reports the
 * secrets that cannot be had. What is not of the right shape is left to the schema.
 */
export async function resolveMarkedValues(
  schema: SchemaNode,
  document: unknown,
  options: MarkedValueOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const mode = readMode(document)
  for (const { path, mark, value } of findMarkedValues(schema, document)) {
    if (mark === 'path') {
      if (typeof value === 'string' && value !== '') setPath(document, path, resolve(options.folder, value))
      continue
    }
    const read = await readSecret(path, value, mode, options)
    if (typeof read === 'string') setPath(document, path, read)
    else if (read !== null) findings.push(read)
  }
  return findings
}

/** The text of a secret, a finding that says why there is none, or null for what the schema will refuse. */
async function readSecret(
  path: ConfigurationPath,
  value: unknown,
  mode: ReturnType<typeof readMode>,
  options: MarkedValueOptions,
): Promise<string | Finding | null> {
  if (typeof value === 'string') {
    if (mode !== 'production') return null
    const message =
      'A secret is not written into the file in production mode: use { env: NAME } or { file: PATH }.'
    return { path, at: 'value', code: 'literal-secret', message }
  }
  if (!isRecord(value) || Object.keys(value).length !== 1) return null
  if (typeof value['env'] === 'string') return readVariable(path, value['env'], options.environment)
  if (typeof value['file'] === 'string' && options.readSecretFiles)
    return readSecretFile(path, resolve(options.folder, value['file']))
  return null
}

function readVariable(path: ConfigurationPath, name: string, environment: Environment): string | Finding {
  const text = environment[name]
  if (text !== undefined && text !== '') return text
  const why = text === undefined ? 'is not set' : 'is empty'
  return missingSecret([...path, 'env'], `The environment variable ${name}, which holds this secret, ${why}.`)
}

async function readSecretFile(path: ConfigurationPath, file: string): Promise<string | Finding> {
  try {
    const bytes = await readFile(file)
    if (bytes.length > maximumSecretBytes)
      return missingSecret(
        [...path, 'file'],
        `The file ${file}, which holds this secret, is larger than 64 KiB.`,
      )
    const text = bytes.toString('utf8').replace(/\r?\n$/, '')
    if (text !== '') return text
    return missingSecret([...path, 'file'], `The file ${file}, which holds this secret, is empty.`)
  } catch (cause) {
    return missingSecret(
      [...path, 'file'],
      `The file ${file}, which holds this secret, cannot be read: ${explainFileError(cause)}.`,
    )
  }
}

function missingSecret(path: ConfigurationPath, message: string): Finding {
  return { path, at: 'value', code: 'missing-secret', message }
}

/** Why a file cannot be read, in words. */
export function explainFileError(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  const words: Record<string, string> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is no folder',
  }
  return words[code] ?? code
}
