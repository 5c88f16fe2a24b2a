import { type FileHandle, open } from 'node:fs/promises'
import { MusterError } from '../../domain/error.ts'
import type { ListedEnrollment } from '../../domain/identity-view.ts'

const columns: readonly (readonly [string, (enrollment: ListedEnrollment) => string | null])[] = [
  ['id', ({ id }) => id],
  ['identity', ({ identity }) => identity.id],
  ['userName', ({ identity }) => guardFormula(identity.userName)],
  ['factor', ({ factor }) => factor],
  ['address', ({ address }) => address],
  ['usable', ({ usable }) => String(usable)],
  ['status', ({ status }) => status],
  ['statusReason', ({ statusReason }) => guardFormula(statusReason)],
  ['statusBy', ({ statusBy }) => guardFormula(statusBy)],
  ['statusSince', ({ statusSince }) => statusSince],
  ['proof', ({ proof }) => proof],
  ['origins', ({ origins }) => origins.map(({ kind, policy }) => policy ?? kind).join(' ')],
  ['enrolledAt', ({ enrolledAt }) => enrolledAt],
  ['addressChangedAt', ({ addressChangedAt }) => addressChangedAt],
  ['lastUsedAt', ({ lastUsed }) => lastUsed?.at ?? null],
]

/**
 * Writes enrollments into a CSV file (RFC 4180, UTF-8, header row) that only its owner may read. Answers how many
 * there were; throws `usage` where the file cannot be written.
 */
export async function writeEnrollmentCsv(
  file: string,
  batches: AsyncIterable<readonly ListedEnrollment[]>,
): Promise<number> {
  const handle = await openForOwner(file)
  try {
    let written = 0
    await handle.write(formatRow(columns.map(([title]) => title)))
    for await (const batch of batches) {
      written += batch.length
      await handle.write(batch.map((each) => formatRow(columns.map(([, value]) => value(each)))).join(''))
    }
    return written
  } finally {
    await handle.close()
  }
}

async function openForOwner(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'w', 0o600)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new MusterError('usage', `The file ${file} cannot be written${code}.`, { cause })
  }
}

function formatRow(cells: readonly (string | null)[]): string {
  return `${cells.map((cell) => quote(cell ?? '')).join(',')}\r\n`
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** A spreadsheet would compute a text that begins like a formula; the apostrophe keeps it a text. */
function guardFormula(text: string | null): string | null {
  return text !== null && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}
