import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MusterError } from '../../domain/error.ts'
import { createHelp, type Help } from '../../server/help.ts'
import { findProjectFile } from '../project-file.ts'

/** Reads `messages/help/*.json`: the name of a file is its locale. Throws `configuration`. */
export async function loadHelp(): Promise<Help> {
  const english = findProjectFile('messages/help/en.json')
  if (english === null) throw new MusterError('configuration', 'The folder of help texts is missing.')
  const folder = dirname(english)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const files = await Promise.all(
    names.map(async (name): Promise<[string, unknown]> => {
      const text = await readFile(join(folder, name), 'utf8')
      return [name.slice(0, -'.json'.length), JSON.parse(text)]
    }),
  )
  return createHelp(new Map(files))
}
