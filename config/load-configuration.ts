import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ConfigurationFault } from './fault.ts'
import { explainFileError } from './marked-values.ts'
import { type LoadedConfiguration, type LoadOptions, readConfiguration } from './read-configuration.ts'

const maximumBytes = 1024 * 1024

/** Reads muster.yaml. Never throws: whatever is wrong comes back as faults, all at once, in the order of the file. */
export async function loadConfiguration(options: LoadOptions): Promise<LoadedConfiguration> {
  const file = resolve(options.file)
  const text = await readConfigurationFile(file)
  return typeof text === 'string'
    ? readConfiguration({ ...options, file }, text)
    : { ok: false, faults: [text] }
}

async function readConfigurationFile(file: string): Promise<string | ConfigurationFault> {
  const nowhere = { file, line: null, column: null, path: '' }
  try {
    const { size } = await stat(file)
    if (size > maximumBytes)
      return { ...nowhere, code: 'too-large', message: 'The configuration file is larger than 1 MiB.' }
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    const why = cause instanceof TypeError ? 'it is not UTF-8' : explainFileError(cause)
    return {
      ...nowhere,
      code: 'unreadable-file',
      message: `The configuration file cannot be read: ${why}.`,
    }
  }
}
