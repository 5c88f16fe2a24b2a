import { remember } from '../remember.ts'

/**
 * Whether a place lies under another or is it. Distinguished names (RFC 4514) compare by whole relative names from
 * the right, without case: `ou=people,dc=x` is not under `ou=ple,dc=x`. Other texts are paths of parts between
 * slashes and compare from the left: `EMEA/Sales/Field` is under `EMEA/Sales`.
 */
export function isUnder(place: string, base: string): boolean {
  const [parts, baseParts] = [readRecent(place), readBase(base)]
  if (parts.isName !== baseParts.isName || parts.fromRoot.length < baseParts.fromRoot.length) return false
  return baseParts.fromRoot.every((part, index) => part === parts.fromRoot[index])
}

interface Place {
  readonly isName: boolean
  /** The parts from the widest to the narrowest, in the form in which they compare. */
  readonly fromRoot: readonly string[]
}

/** Bases are a policy's own and few; a person's place is asked several times, and then never again. */
const readBase = remember(readPlace, 1000)
const readRecent = remember(readPlace, 16)

/** A name and its attribute type, up to the next separator that no backslash escapes. */
const relativeName = /(?:[^,;\\]|\\[\s\S])+/g

function readPlace(text: string): Place {
  if (/^\s*[\w.-]+\s*=/.test(text)) {
    // Most names escape nothing, and one is read for every person.
    const names = /[\\+]/.test(text) ? (text.match(relativeName) ?? []) : text.split(/[,;]/)
    return { isName: true, fromRoot: names.map(normaliseName).reverse() }
  }
  const parts = text.split('/').map((part) => part.trim().toLowerCase())
  return { isName: false, fromRoot: parts.filter((part) => part !== '') }
}

/** One spelling for a relative name: `CN = Field  Staff` and `cn=field staff` are one. */
function normaliseName(name: string): string {
  if (/^[\w.-]+=[^\s\\+]+$/.test(name)) return name.toLowerCase()
  const parts = name.split(/(?<!\\)\+/).map((part) => {
    const equals = part.indexOf('=')
    const value = decodeEscapes(part.slice(equals + 1).trim())
    return `${part.slice(0, equals).trim()}=${value.replace(/\s+/g, ' ')}`.toLowerCase()
  })
  return parts.sort().join('+')
}

/** `\2C` is a byte of UTF-8, `\,` the character itself (RFC 4514 section 2.4). */
function decodeEscapes(value: string): string {
  return value.replace(/(?:\\[0-9a-fA-F]{2})+|\\([\s\S])/g, (escaped, character: string | undefined) =>
    character === undefined ? Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString('utf8') : character,
  )
}
