const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Whether JSON is nested deeper than `most`, told from its bytes before anything is parsed. Text that is no JSON may
 * get either answer: the parser has its own word on it.
 */
export function isNestedDeeper(json: Uint8Array, most: number): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]
    if (byte === quote) at = endOfText(json, at + 1)
    else if (byte === openBrace || byte === openBracket) {
      depth += 1
      if (depth > most) return true
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1
  }
  return false
}

/** Where the quote is that ends a text, or the end of everything. */
function endOfText(json: Uint8Array, start: number): number {
  let at = start
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at
}
