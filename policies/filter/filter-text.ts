import { MusterError } from '../../domain/error.ts'

/** A filter's text with every string and number taken out: `"0"` stands for `literals[0]`. */
export interface FilterText {
  readonly text: string
  readonly literals: readonly (string | number)[]
}

export interface FilterCaps {
  /** Bytes of UTF-8. Longer texts would block the process while they are parsed. */
  readonly maxBytes: number
}

/** What fits into the address of a request. */
export const filterCaps: FilterCaps = { maxBytes: 4096 }
const maxDepth = 32
const maxNegations = 100

/** One that is not closed reaches to the end of the text, so that no text is read more than once. */
const stringLiteral = /"(?:[^"\\]|\\[\s\S])*("|\\?$)/g
/** A number as JSON writes it, after an operator: an attribute's name may begin with a digit too. */
const numberLiteral =
  /(\s(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?)(?=[\s()[\]]|$)/gi
/** `emails[type eq "home"].value eq "a"`: a sub-attribute compared after a value path. */
const subAttributeAfterPath = /\[([^[\]]*)\]\.(\w+)\s+(pr\b|(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+[^\s()[\]]+)/gi

/**
 * Makes a filter fit for scim2-parse-filter: literals are read here (the parser keeps backslashes doubled, and
 * takes no sign and no exponent) and the caps are checked before anything recursive sees the text.
 */
export function prepareFilterText(filter: string, { maxBytes }: FilterCaps = filterCaps): FilterText {
  if (Buffer.byteLength(filter) > maxBytes) {
    throw invalidFilter(`it is longer than ${maxBytes} bytes`)
  }
  const { text, literals } = takeLiterals(filter)
  checkNesting(text)
  return { text: keepOneElement(text), literals }
}

/** A fault in a filter, in one sentence. */
export function invalidFilter(why: string): MusterError {
  const end = why.endsWith('?') ? '' : '.'
  return new MusterError('filter-invalid', `The filter cannot be used: ${why}${end}`)
}

function takeLiterals(filter: string): FilterText {
  const literals: (string | number)[] = []
  const takeOut = (literal: string | number) => {
    literals.push(literal)
    return `"${literals.length - 1}"`
  }
  const text = filter
    .replace(stringLiteral, (literal, close: string) => {
      if (close !== '"') throw invalidFilter('a string is not closed')
      return takeOut(decodeLiteral(literal))
    })
    .replace(numberLiteral, (_, before: string, literal: string) => before + takeOut(Number(literal)))
  return { text, literals }
}

function decodeLiteral(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    throw invalidFilter('a string is not written as JSON writes it')
  }
}

function checkNesting(text: string): void {
  let depth = 0
  for (const character of text) {
    if (character === '(' || character === '[') depth++
    if (character === ')' || character === ']') depth--
    if (depth > maxDepth) throw invalidFilter(`it nests deeper than ${maxDepth}`)
  }
  if ((text.match(/\bnot\b/gi) ?? []).length > maxNegations) {
    throw invalidFilter(`it has more than ${maxNegations} negations`)
  }
}

/**
 * The parser would turn `a[f].b eq "x"` into `a[f] and a.b eq "x"`, which is true across two elements. Inside the
 * brackets it is one element that must satisfy both.
 */
function keepOneElement(text: string): string {
  const rewritten = text.replace(subAttributeAfterPath, '[($1) and $2 $3]')
  if (rewritten.includes('].')) throw invalidFilter('a comparison is missing after "]."')
  return rewritten
}
