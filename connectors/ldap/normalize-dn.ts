/**
 * One text for all writings of a distinguished name (RFC 4514): letter case, blanks around separators, kinds of
 * escapes and the order within a multi-valued name do not matter. Values are compared without case, as directories
 * compare nearly all naming attributes. What is no DN is given back in lower case.
 */
export function normalizeDn(dn: string): string {
  // Nearly every DN needs nothing but lower case.
  if (!/[\\"+#;]|[,=] | [,=]|^ | $/.test(dn)) return dn.toLowerCase()
  const names: string[] = []
  for (const name of splitUnescaped(dn, /[,;]/)) {
    const parts = splitUnescaped(name, /\+/).map(normalizePart)
    names.push(parts.sort().join('+'))
  }
  return names.join(',')
}

/** Splits at separators that stand outside of escapes and quotes. */
function splitUnescaped(text: string, separator: RegExp): readonly string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (character === '\\') index++
    else if (character === '"') quoted = !quoted
    else if (!quoted && separator.test(character)) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function normalizePart(part: string): string {
  const equals = part.indexOf('=')
  if (equals < 0) return part.trim().toLowerCase()
  const type = part.slice(0, equals).trim().toLowerCase()
  return `${type}=${escapeValue(unescapeValue(trimUnescaped(part.slice(equals + 1))).toLowerCase())}`
}

/** Cuts blanks at both ends, but not one that is escaped. */
function trimUnescaped(value: string): string {
  const start = value.replace(/^ +/, '')
  const end = start.replace(/ +$/, '')
  const escapes = /\\*$/.exec(end)?.[0].length ?? 0
  return escapes % 2 === 1 && end.length < start.length ? `${end} ` : end
}

function unescapeValue(value: string): string {
  if (value.length > 1 && value.startsWith('"') && value.endsWith('"'))
    return unescapePairs(value.slice(1, -1))
  return unescapePairs(value)
}

/** `\2C` and `\,` are one; several `\XX` in a row are the bytes of UTF-8. */
function unescapePairs(value: string): string {
  return value.replace(
    /((?:\\[0-9A-Fa-f]{2})+)|\\(.)/gs,
    (_, bytes: string | undefined, character: string) =>
      bytes === undefined ? character : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
  )
}

/** Back into a form in which a separator cannot be taken for one. A plain value stays as the fast way leaves it. */
function escapeValue(value: string): string {
  return value.replace(/[\\,+;"#]|^ | $/g, (character) => `\\${character}`)
}
