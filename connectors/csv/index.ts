import { resolve } from 'node:path'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { PullSource, SourceOptions, SourceTest } from '../connector.ts'
import { compileRowMapper } from '../row-mapper.ts'
import { SlotTable } from '../source-values.ts'
import type { CsvConfig } from './config.ts'
import { type CsvSettings, readFileRows } from './reader.ts'

export { csvConfig } from './config.ts'

/** Opens a CSV source: the file is opened when it is read. */
export function openCsv(config: CsvConfig, options: SourceOptions): PullSource {
  const { externalId, attributes, inactive, country, delimiter, encoding, allowEmpty } = config
  const mapping = { externalId, attributes, inactive, country }
  const slots = new SlotTable(false)
  const mapRow = compileRowMapper(mapping, options.customAttributes, slots)
  const path = resolve(options.folder, config.file)
  const settings = { path, format: { delimiter, encoding }, allowEmpty, clock: options.clock, mapRow, slots }
  return {
    mapping: canonicalJson({ ...mapping, custom: options.customAttributes }),
    bringsGroups: false,
    readAll: (readOptions) => readFileRows(settings, readOptions),
    test: (signal) => testFile(settings, signal),
  }
}

/** Reads the whole file and keeps nothing: that is fast enough, and the last line may be the wrong one. */
async function testFile(settings: CsvSettings, signal: AbortSignal): Promise<SourceTest> {
  const rows = readFileRows(settings, { signal })
  let people = 0
  for (;;) {
    const { done, value } = await rows.next()
    if (done) {
      const message = value.why?.message ?? `${people} ${people === 1 ? 'person' : 'people'} found`
      return { ok: value.complete, server: value.server, message }
    }
    people += value.length
  }
}
