/** One entry of an LDIF text. */
export interface LdifEntry {
  readonly dn: string
  /** Attribute name as written → its values, in the order of the text. */
  readonly attributes: ReadonlyMap<string, readonly Buffer[]>
}

/** The text is no LDIF of entries. The message names the line. */
export class LdifError extends Error {
  constructor(line: number, what: string) {
    super(`LDIF line ${line}: ${what}`)
    this.name = 'LdifError'
  }
}

interface Line {
  readonly number: number
  readonly text: string
}

/** Reads entries (RFC 2849): continued lines, base64 and comments; no change records, no values by URL. */
export function parseLdif(text: string): readonly LdifEntry[] {
  const entries: LdifEntry[] = []
  for (const record of splitRecords(unfold(text))) {
    const entry = readRecord(record)
    if (entry) entries.push(entry)
  }
  return entries
}

/** Joins continued lines, and drops comments. Empty lines stay: they part the records. */
function unfold(text: string): readonly Line[] {
  const lines: { number: number; text: string }[] = []
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const last = lines[lines.length - 1]
    if (line.startsWith(' ') && last) last.text += line.slice(1)
    else lines.push({ number: index + 1, text: line })
  }
  return lines.filter((line) => !line.text.startsWith('#'))
}

function splitRecords(lines: readonly Line[]): readonly (readonly Line[])[] {
  const records: Line[][] = []
  let current: Line[] = []
  for (const line of lines) {
    if (line.text !== '') current.push(line)
    else if (current.length > 0) {
      records.push(current)
      current = []
    }
  }
  if (current.length > 0) records.push(current)
  return records
}

function readRecord(lines: readonly Line[]): LdifEntry | null {
  const rest = lines.filter((line) => !/^version:/i.test(line.text))
  const [first, ...others] = rest
  if (!first) return null
  const name = readLine(first)
  if (name.attribute.toLowerCase() !== 'dn') throw new LdifError(first.number, 'an entry begins with "dn:"')
  const attributes = new Map<string, Buffer[]>()
  for (const line of others) {
    const { attribute, value } = readLine(line)
    if (attribute.toLowerCase() === 'changetype')
      throw new LdifError(line.number, 'change records are not read')
    const values = attributes.get(attribute)
    if (values) values.push(value)
    else attributes.set(attribute, [value])
  }
  return { dn: name.value.toString('utf8'), attributes }
}

function readLine({ number, text }: Line): { attribute: string; value: Buffer } {
  const found = /^([A-Za-z0-9][A-Za-z0-9.;-]*)(::?)(<?) *(.*)$/s.exec(text)
  if (!found) throw new LdifError(number, 'expected "attribute: value"')
  const [, attribute = '', colons, less, value = ''] = found
  if (less) throw new LdifError(number, 'values by URL are not read')
  return { attribute, value: Buffer.from(value, colons === '::' ? 'base64' : 'utf8') }
}
