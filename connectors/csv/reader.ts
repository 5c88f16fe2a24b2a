import type { Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Clock } from '../../domain/clock.ts'
import type { ReadOutcome, SourceRow } from '../../domain/source-row.ts'
import type { ReadOptions } from '../connector.ts'
import { ReadReport } from '../read-report.ts'
import type { RowMapper } from '../row-mapper.ts'
import { SourceFault } from '../source-fault.ts'
import { EntryFault, type EntryValues, type SlotTable } from '../source-values.ts'
import type { CsvConfig } from './config.ts'
import { matchHeader } from './match-header.ts'
import { type CsvRecord, parseRecords } from './parse-records.ts'

export interface CsvSettings {
  /** Absolute. */
  readonly path: string
  readonly format: Pick<CsvConfig, 'delimiter' | 'encoding'>
  readonly allowEmpty: boolean
  readonly clock: Clock
  readonly mapRow: RowMapper
  readonly slots: SlotTable
}

const batchSize = 1000

/** Reads the file once, row by row; see `FullReader` for what it promises. */
export async function* readFileRows(
  settings: CsvSettings,
  options: ReadOptions,
): AsyncGenerator<readonly SourceRow[], ReadOutcome, void> {
  options.signal.throwIfAborted()
  const read = new FileRead(settings, options)
  try {
    yield* read.run()
  } catch (error) {
    options.signal.throwIfAborted()
    read.addFault(error)
  }
  return read.report.conclude()
}

class FileRead {
  readonly report = new ReadReport()
  readonly #settings: CsvSettings
  readonly #options: ReadOptions
  readonly #lineOfId = new Map<string, number>()

  constructor(settings: CsvSettings, options: ReadOptions) {
    this.#settings = settings
    this.#options = options
    this.report.server = basename(settings.path)
  }

  /** Throws what is no fault of the file. */
  addFault(error: unknown): void {
    const name = basename(this.#settings.path)
    if (error instanceof SourceFault)
      this.report.addFault({ code: error.code, message: `${name}: ${error.message}` })
    else throw error
  }

  async *run(): AsyncGenerator<readonly SourceRow[], void, void> {
    const { path } = this.#settings
    const file = await openFile(path)
    try {
      const before = await file.stat()
      yield* this.#readRows(file)
      await this.#checkUnchanged(file, before)
    } finally {
      await file.close()
    }
  }

  async *#readRows(file: FileHandle): AsyncGenerator<readonly SourceRow[], void, void> {
    const { format, slots, allowEmpty } = this.#settings
    const records = parseRecords(file, format, {
      signal: this.#options.signal,
      onBadRow: (line, message) => this.report.addProblem(`line ${line}`, 'bad-row', message),
    })
    const header = await records.next()
    if (header.done) throw new SourceFault('empty', 'the file has no header row')
    const columns = matchHeader(header.value.fields, slots.names)
    const width = header.value.fields.length
    let batch: SourceRow[] = []
    let fault: unknown = null
    try {
      for await (const record of records) {
        const row = this.#mapRecord(record, columns, width)
        if (row) batch.push(row)
        if (batch.length < batchSize) continue
        yield batch
        batch = []
        this.#reportProgress()
      }
    } catch (error) {
      fault = error
    }
    // The rows before a fault are good.
    if (batch.length > 0) yield batch
    this.#reportProgress()
    if (fault !== null) throw fault
    if (this.report.entries === 0 && !allowEmpty)
      throw new SourceFault('empty', 'the file has no row below its header: see allowEmpty')
  }

  #reportProgress(): void {
    this.#options.onProgress?.({ phase: 'people', entries: this.report.entries, pages: ++this.report.pages })
  }

  /** Null for a row that cannot be used; it is reported. */
  #mapRecord({ fields, line }: CsvRecord, columns: readonly number[], width: number): SourceRow | null {
    this.report.entries++
    try {
      if (fields.length !== width)
        throw new EntryFault('bad-row', `${fields.length} columns where the header has ${width}`)
      const row = this.#settings.mapRow(pickFields(fields, columns), null, this.#settings.clock())
      this.#checkUnique(row.externalId, line)
      return row
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error
      this.report.addProblem(`line ${line}`, error.code, error.message)
      return null
    }
  }

  #checkUnique(externalId: string, line: number): void {
    const first = this.#lineOfId.get(externalId)
    if (first !== undefined)
      throw new EntryFault('duplicate-id', `lines ${first} and ${line} have the same external id`)
    this.#lineOfId.set(externalId, line)
  }

  async #checkUnchanged(file: FileHandle, before: Stats): Promise<void> {
    const after = await file.stat()
    const there = await stat(this.#settings.path).catch(() => null)
    if (!there || there.ino !== before.ino || there.dev !== before.dev || isTouched(before, after))
      throw new SourceFault(
        'file-changed',
        'the file changed while it was read: write it elsewhere and rename it',
      )
  }
}

function isTouched(before: Stats, after: Stats): boolean {
  return before.size !== after.size || before.mtimeMs !== after.mtimeMs
}

function pickFields(fields: readonly string[], columns: readonly number[]): EntryValues {
  return columns.map((column) => {
    const field = fields[column]
    return field === undefined ? undefined : [field]
  })
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r')
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new SourceFault('unreadable', missing ? 'there is no such file' : 'the file cannot be read', error)
  }
  throw new SourceFault('unreadable', 'this is no file')
}
