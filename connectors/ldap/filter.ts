import { encodeBoolean, encodeElement, encodeText } from './ber-writer.ts'

/** The text is not a filter (RFC 4515). The message names the position, counted from 1. */
export class FilterSyntaxError extends Error {
  constructor(what: string, position: number) {
    super(`not an LDAP filter: ${what} at character ${position + 1}`)
    this.name = 'FilterSyntaxError'
  }
}

/** The filter `(objectClass=*)`, which every entry matches. */
export const anyEntry = '(objectClass=*)'

const maximumDepth = 100

/** A filter's text (RFC 4515) as it is sent (RFC 4511 section 4.5.1.7). Throws FilterSyntaxError. */
export function encodeFilter(text: string): Buffer {
  const trimmed = text.trim()
  const { element, end } = readFilter({ text: trimmed, depth: 0 }, 0)
  if (end !== trimmed.length) throw new FilterSyntaxError('something follows its end', end)
  return element
}

interface Reading {
  readonly text: string
  readonly depth: number
}

interface Read {
  readonly element: Buffer
  readonly end: number
}

function readFilter(reading: Reading, start: number): Read {
  const { text, depth } = reading
  if (text[start] !== '(') throw new FilterSyntaxError('a "(" is missing', start)
  if (depth > maximumDepth) throw new FilterSyntaxError('too many levels', start)
  const inner = { text, depth: depth + 1 }
  switch (text[start + 1]) {
    case '&':
      return readList(inner, start + 2, 0xa0)
    case '|':
      return readList(inner, start + 2, 0xa1)
    case '!': {
      const { element, end } = readFilter(inner, start + 2)
      return { element: encodeElement(0xa2, element), end: expectClose(text, end) }
    }
    default:
      return readItem(text, start + 1)
  }
}

function readList(reading: Reading, start: number, tag: number): Read {
  const elements: Buffer[] = []
  let position = start
  while (reading.text[position] === '(') {
    const { element, end } = readFilter(reading, position)
    elements.push(element)
    position = end
  }
  return { element: encodeElement(tag, ...elements), end: expectClose(reading.text, position) }
}

function expectClose(text: string, position: number): number {
  if (text[position] !== ')') throw new FilterSyntaxError('a ")" is missing', position)
  return position + 1
}

const itemStart = /([A-Za-z0-9][A-Za-z0-9.;-]*)?((?::[A-Za-z0-9.]+)*:=|>=|<=|~=|=)/y

function readItem(text: string, start: number): Read {
  itemStart.lastIndex = start
  const found = itemStart.exec(text)
  const close = text.indexOf(')', start)
  if (!found) throw new FilterSyntaxError('an attribute and its comparison are missing', start)
  if (close < itemStart.lastIndex) throw new FilterSyntaxError('a ")" is missing', text.length)
  const [, attribute = '', operator = ''] = found
  const valueStart = itemStart.lastIndex
  const value = text.slice(valueStart, close)
  const open = value.indexOf('(')
  if (open >= 0) throw new FilterSyntaxError('a "(" within a value (write \\28)', valueStart + open)
  return { element: encodeItem({ attribute, operator, value, position: valueStart }), end: close + 1 }
}

interface Item {
  readonly attribute: string
  readonly operator: string
  readonly value: string
  readonly position: number
}

function encodeItem(item: Item): Buffer {
  const { attribute, operator, value, position } = item
  if (operator.endsWith(':=')) return encodeExtensible(item)
  if (attribute === '') throw new FilterSyntaxError('an attribute is missing', position)
  if (operator === '=' && value === '*') return encodeText(attribute, 0x87)
  if (operator === '=' && value.includes('*')) return encodeSubstrings(item)
  const tags: Record<string, number> = { '=': 0xa3, '>=': 0xa5, '<=': 0xa6, '~=': 0xa8 }
  const literal = encodeElement(0x04, unescapeValue(value, position))
  return encodeElement(tags[operator] ?? 0xa3, encodeText(attribute), literal)
}

function encodeSubstrings({ attribute, value, position }: Item): Buffer {
  const pieces = value.split('*')
  const parts: Buffer[] = []
  for (const [index, piece] of pieces.entries()) {
    if (piece === '') continue
    const tag = index === 0 ? 0x80 : index === pieces.length - 1 ? 0x82 : 0x81
    parts.push(encodeElement(tag, unescapeValue(piece, position)))
  }
  if (parts.length === 0) throw new FilterSyntaxError('a value between two "*" is missing', position)
  return encodeElement(0xa4, encodeText(attribute), encodeElement(0x30, ...parts))
}

/** `attribute:dn:rule:=value`; the rule 1.2.840.113556.1.4.803 tests bits in Active Directory. */
function encodeExtensible({ attribute, operator, value, position }: Item): Buffer {
  const names = operator.slice(0, -2).split(':').filter(Boolean)
  const wholeDn = names.some((name) => name.toLowerCase() === 'dn')
  const rule = names.find((name) => name.toLowerCase() !== 'dn')
  if (attribute === '' && rule === undefined)
    throw new FilterSyntaxError('an attribute or a matching rule is missing', position)
  const parts: Buffer[] = []
  if (rule !== undefined) parts.push(encodeText(rule, 0x81))
  if (attribute !== '') parts.push(encodeText(attribute, 0x82))
  parts.push(encodeElement(0x83, unescapeValue(value, position)))
  if (wholeDn) parts.push(encodeElement(0x84, encodeBoolean(true).subarray(2)))
  return encodeElement(0xa9, ...parts)
}

/** The bytes of a value: UTF-8, with each `\XX` as the byte that it names (RFC 4515 section 3). */
function unescapeValue(value: string, position: number): Buffer {
  const parts: Buffer[] = []
  let start = 0
  for (let at = value.indexOf('\\'); at >= 0; at = value.indexOf('\\', start)) {
    const code = value.slice(at + 1, at + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(code))
      throw new FilterSyntaxError('a "\\" without two hexadecimal digits', position + at)
    parts.push(Buffer.from(value.slice(start, at), 'utf8'), Buffer.from(code, 'hex'))
    start = at + 3
  }
  parts.push(Buffer.from(value.slice(start), 'utf8'))
  return Buffer.concat(parts)
}
