import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createCatalog, type MessageCatalog } from '../../application/messages/message-catalog.ts'
import { MusterError } from '../../domain/error.ts'
import { findProjectFile } from '../project-file.ts'

/** Reads `messages/*.json`: the name of a file is its locale. Throws `configuration` with every fault. */
export async function loadMessageCatalog(): Promise<MessageCatalog> {
  const english = findProjectFile('messages/en.json')
  if (english === null) throw new MusterError('configuration', 'The folder of message texts is missing.')
  const folder = dirname(english)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const files = await Promise.all(
    names.map(async (name): Promise<[string, unknown]> => {
      const text = await readFile(join(folder, name), 'utf8')
      return [name.slice(0, -'.json'.length), readJson(name, text)]
    }),
  )
  return createCatalog(new Map(files))
}

function readJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MusterError('configuration', `messages/${name} is not JSON.`, { cause })
  }
}
