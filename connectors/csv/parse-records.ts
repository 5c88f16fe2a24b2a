import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type CsvError, type Options, parse } from 'csv-parse'
import { SourceFault } from '../source-fault.ts'
import type { CsvConfig } from './config.ts'
import { readBlocks } from './read-blocks.ts'

/** One row of the file, and the line that it ends on. */
export interface CsvRecord {
  readonly fields: readonly string[]
  readonly line: number
}

/** A row that is no CSV was skipped. */
export type OnBadRow = (line: number, message: string) => void

const longestRow = 1_048_576

/**
 * Rows of the file, the header first. Throws SourceFault for a wrong encoding, and `bad-row` for a wrong quote:
 * what follows one could be misread.
 */
export async function* parseRecords(
  file: FileHandle,
  config: Pick<CsvConfig, 'delimiter' | 'encoding'>,
  options: { readonly signal: AbortSignal; readonly onBadRow: OnBadRow },
): AsyncGenerator<CsvRecord, void, void> {
  let lastLine = 0
  let stop: CsvError | null = null
  const settings: Options = {
    bom: true,
    delimiter: config.delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRow,
    on_skip: (error) => {
      if (!error || stop) return
      // The parser finds the next row after this one only.
      if (error.code === 'INVALID_OPENING_QUOTE') options.onBadRow(readLine(error), describeCsvError(error))
      else stop = error
    },
  }
  const parser = parse(settings)
  // A fault of either side reaches the loop below as the parser's error.
  pipeline(Readable.from(readBlocks(file, config.encoding)), parser, { signal: options.signal }).catch(
    () => {},
  )
  for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
    // Rows before the fault may come out of the parser after it was met.
    if (stop && info.lines >= readLine(stop)) break
    lastLine = info.lines
    yield { fields: record, line: info.lines }
  }
  if (stop) throw new SourceFault('bad-row', `line ${lastLine + 1}: ${describeCsvError(stop)}`, stop)
}

/** What is wrong with a row, without a word of its content. */
function describeCsvError(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quoted value that begins in this row never ends'
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'something follows a closing quote (write "" for a quote within a value)'
    case 'INVALID_OPENING_QUOTE':
      return 'a quote within a value that is not quoted'
    case 'CSV_MAX_RECORD_SIZE':
      return `the row is longer than ${longestRow} characters: a quote may be missing`
    default:
      return 'the row is not RFC 4180'
  }
}

/** The line that the parser had reached. */
function readLine(error: CsvError): number {
  const { lines } = error as CsvError & { readonly lines?: unknown }
  return typeof lines === 'number' ? lines : 0
}

interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}
