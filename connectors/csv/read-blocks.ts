import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { SourceFault } from '../source-fault.ts'
import type { CsvConfig } from './config.ts'

const chunkSize = 262_144
/** A file without line ends is no CSV; it must not fill the memory. */
const longestLine = 16 * 1_048_576

/**
 * The file as UTF-8, in blocks of whole lines where it is UTF-8 already. Throws SourceFault `encoding` that names
 * the line where a byte does not belong to the encoding.
 */
export function readBlocks(
  file: FileHandle,
  encoding: CsvConfig['encoding'],
): AsyncGenerator<Buffer, void, void> {
  return encoding === 'utf-8' ? readUtf8(file) : readDecoded(file, encoding)
}

async function* readUtf8(file: FileHandle): AsyncGenerator<Buffer, void, void> {
  let rest: Buffer = Buffer.alloc(0)
  let line = 1
  for await (const chunk of readChunks(file)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(0x0a) + 1
    const block = bytes.subarray(0, end)
    line = checkUtf8(block, line)
    if (block.length > 0) yield block
    rest = bytes.subarray(end)
    if (rest.length > longestLine)
      throw new SourceFault('too-large', `line ${line} is longer than ${longestLine} bytes`)
  }
  checkUtf8(rest, line)
  if (rest.length > 0) yield rest
}

/** Returns the number of the line after the block. */
function checkUtf8(block: Buffer, firstLine: number): number {
  const good = isUtf8(block)
  let line = firstLine
  let start = 0
  for (let end = block.indexOf(0x0a); end >= 0; end = block.indexOf(0x0a, start)) {
    if (!good && !isUtf8(block.subarray(start, end))) throw notEncoded('UTF-8', line)
    start = end + 1
    line++
  }
  if (!good) throw notEncoded('UTF-8', line)
  return line
}

async function* readDecoded(
  file: FileHandle,
  encoding: Exclude<CsvConfig['encoding'], 'utf-8'>,
): AsyncGenerator<Buffer, void, void> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  let line = 1
  const decode = (chunk: Buffer | undefined): Buffer => {
    try {
      return Buffer.from(chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode(), 'utf8')
    } catch {
      throw notEncoded(encoding, line)
    }
  }
  for await (const chunk of readChunks(file)) {
    const block = decode(chunk)
    for (const byte of block) if (byte === 0x0a) line++
    yield block
  }
  yield decode(undefined)
}

async function* readChunks(file: FileHandle): AsyncGenerator<Buffer, void, void> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkSize), 0, chunkSize)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

function notEncoded(encoding: string, line: number): SourceFault {
  return new SourceFault('encoding', `line ${line} is not ${encoding}: save the file so, or set "encoding"`)
}
