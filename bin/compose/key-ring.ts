import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyRing, openKeyRing } from '../../application/key-ring.ts'
import type { Configuration } from '../../config/configuration.ts'
import { formatKeyRing, parseKeyRing } from '../../config/key-ring.ts'
import { MusterError } from '../../domain/error.ts'
import { writePrivateFile } from '../../embedded/private-file.ts'

/**
 * The keys that codes are derived from: those of the configuration, else (embedded mode) those kept under DATA, which
 * are made at the first start for their owner alone. Throws `configuration` where there are none, or the file under
 * DATA is damaged: new keys in its place would make every code that is on its way wrong without a word.
 */
export function openKeys({ keys, mode }: Configuration, dataDirectory: string | null): KeyRing {
  if (keys !== null) {
    return openKeyRing({
      get active() {
        return keys.reveal().active
      },
      get keys() {
        return keys.reveal().keys
      },
    })
  }
  if (mode === 'production' || dataDirectory === null)
    throw new MusterError('configuration', 'There is no key ring: name one as keys.ring.')
  const file = join(dataDirectory, 'keys.json')
  if (!existsSync(file)) {
    const id = new Date().toISOString().slice(0, 10)
    writePrivateFile(file, formatKeyRing({ active: id, keys: new Map([[id, randomBytes(32)]]) }))
  }
  const ring = parseKeyRing(readFileSync(file, 'utf8'))
  if (typeof ring === 'string') throw new MusterError('configuration', `${file}: ${ring}`)
  return openKeyRing(ring)
}
