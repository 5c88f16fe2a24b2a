import { type Element, readElements } from './ber.ts'
import { type Entry, normalizeName } from './entry.ts'

export type Matcher = (entry: Entry) => boolean

/** Compiles a filter (RFC 4511 section 4.5.1.7). What is not supported (extensible matches) matches nothing. */
export function compileFilter(filter: Element): Matcher {
  switch (filter.tag) {
    case 0xa0: {
      const parts = readElements(filter.content).map(compileFilter)
      return (entry) => parts.every((part) => part(entry))
    }
    case 0xa1: {
      const parts = readElements(filter.content).map(compileFilter)
      return (entry) => parts.some((part) => part(entry))
    }
    case 0xa2: {
      const [inner] = readElements(filter.content)
      if (!inner) throw new RangeError('a "not" without a filter')
      const matches = compileFilter(inner)
      return (entry) => !matches(entry)
    }
    case 0xa4:
      return compileSubstrings(filter)
    case 0x87: {
      const name = filter.content.toString('utf8').toLowerCase()
      return (entry) => entry.attributes.has(name)
    }
    case 0xa3:
    case 0xa5:
    case 0xa6:
    case 0xa8:
      return compileComparison(filter)
    default:
      return () => false
  }
}

function compileComparison({ tag, content }: Element): Matcher {
  const [attribute, assertion] = readElements(content)
  const name = attribute?.content.toString('utf8').toLowerCase() ?? ''
  const wanted = fold(assertion?.content.toString('utf8') ?? '')
  return (entry) => {
    const values = entry.attributes.get(name)?.values ?? []
    return values.some((value) => {
      const order = compare(fold(value.toString('utf8')), wanted)
      return tag === 0xa5 ? order >= 0 : tag === 0xa6 ? order <= 0 : order === 0
    })
  }
}

function compileSubstrings({ content }: Element): Matcher {
  const [attribute, list] = readElements(content)
  const name = attribute?.content.toString('utf8').toLowerCase() ?? ''
  const pieces = readElements(list?.content ?? Buffer.alloc(0)).map(({ tag, content: piece }) => ({
    tag,
    text: fold(piece.toString('utf8')),
  }))
  return (entry) => {
    const values = entry.attributes.get(name)?.values ?? []
    return values.some((value) => holdsPieces(fold(value.toString('utf8')), pieces))
  }
}

function holdsPieces(value: string, pieces: readonly { tag: number; text: string }[]): boolean {
  let position = 0
  for (const { tag, text } of pieces) {
    if (tag === 0x82) return value.length - text.length >= position && value.endsWith(text)
    const found = value.indexOf(text, position)
    if (found < 0 || (tag === 0x80 && found !== 0)) return false
    position = found + text.length
  }
  return true
}

/** Directories compare most text without case; a text that looks like a name is compared as one. */
function fold(text: string): string {
  return /^[a-z][a-z0-9-]*=.*,/is.test(text)
    ? normalizeName(text)
    : text.trim().replace(/\s+/g, ' ').toLowerCase()
}

function compare(left: string, right: string): number {
  if (/^-?\d{1,15}$/.test(left) && /^-?\d{1,15}$/.test(right)) return Number(left) - Number(right)
  return left === right ? 0 : left < right ? -1 : 1
}
