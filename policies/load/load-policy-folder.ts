import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkPolicySet, type PolicyCheckOptions, type PolicySetCheck } from './check-policy-set.ts'
import type { PolicyFile } from './json-document.ts'
import type { PolicyFault } from './policy-fault.ts'

/**
 * Reads a policy folder: one policy a `.json` file, and named conditions in its `conditions` folder. Returns the
 * checked set, or every fault of all the files at once. A folder without policies is a fault: it would take every
 * right away, and is far more often a mistyped path.
 */
export async function loadPolicyFolder(folder: string, options: PolicyCheckOptions): Promise<PolicySetCheck> {
  const policies = await readFolder(folder)
  const conditions = await readFolder(join(folder, 'conditions'), { optional: true })
  const faults = [...policies.faults, ...conditions.faults]
  if (faults.length === 0 && policies.files.length === 0) {
    faults.push(faultOf(folder, 'no-policies', 'The folder holds no policy (*.json).'))
  }
  if (faults.length === 0) return checkPolicySet(policies.files, conditions.files, options)
  const checked = checkPolicySet(policies.files, conditions.files, options)
  return { ok: false, faults: [...faults, ...(checked.ok ? [] : checked.faults)] }
}

interface FolderRead {
  readonly files: readonly PolicyFile[]
  readonly faults: readonly PolicyFault[]
}

async function readFolder(folder: string, { optional = false } = {}): Promise<FolderRead> {
  let names: readonly string[]
  try {
    names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  } catch (cause) {
    const code = readCode(cause)
    if (optional && code === 'ENOENT') return { files: [], faults: [] }
    return {
      files: [],
      faults: [faultOf(folder, 'unreadable', `The policy folder cannot be read (${code}).`)],
    }
  }
  const read = await Promise.all(names.map((name) => readPolicyFile(join(folder, name))))
  return { files: read.filter((each) => 'text' in each), faults: read.filter((each) => 'code' in each) }
}

async function readPolicyFile(file: string): Promise<PolicyFile | PolicyFault> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (cause) {
    return faultOf(file, 'unreadable', `The file cannot be read (${readCode(cause)}).`)
  }
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return faultOf(file, 'not-json', 'The file is not UTF-8.')
  }
}

function faultOf(file: string, code: PolicyFault['code'], message: string): PolicyFault {
  return { file, pointer: '', line: 1, column: 1, code, message }
}

function readCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
}
