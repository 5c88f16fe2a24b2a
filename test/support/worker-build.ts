import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Bundles the workflows as a newer build would have them: `change` is given the source of one file and answers what
 * stands there then. Answers the path of the bundle.
 */
export async function bundleChanged(
  folder: string,
  file: string,
  change: (source: string) => string,
): Promise<string> {
  const home = join(folder, 'newer')
  mkdirSync(home, { recursive: true })
  for (const part of ['workflows', 'domain', 'activities'])
    cpSync(join(root, part), join(home, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'))
  symlinkSync(join(root, 'package.json'), join(home, 'package.json'))
  const path = join(home, 'workflows', file)
  const before = readFileSync(path, 'utf8')
  const after = change(before)
  if (after === before) throw new Error(`Nothing was changed in workflows/${file}.`)
  writeFileSync(path, after)
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(home, 'workflows/index.ts'),
    logger: new DefaultLogger('WARN'),
  })
  const bundle = join(folder, 'newer.js')
  writeFileSync(bundle, code)
  return bundle
}
