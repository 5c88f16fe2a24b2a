/** What may stand next while JSON is read. */
type Expecting = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing'

const token =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\n\r\t\f\v]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y

const accepted: Readonly<Record<Expecting, readonly string[]>> = {
  value: ['{', '[', 'string', 'value'],
  'value or end': ['{', '[', 'string', 'value', ']'],
  key: ['string'],
  'key or end': ['string', '}'],
  colon: [':'],
  'comma or end': [',', '}', ']'],
  nothing: [],
}

/**
 * Where a text stops being JSON (RFC 8259): an offset, or its length where it ends too early. V8 says that it is not
 * JSON, but not always where. Only for texts that JSON.parse refuses.
 */
export function findJsonFault(text: string): number {
  const open: string[] = []
  let expecting: Expecting = 'value'
  let offset = 0
  for (;;) {
    token.lastIndex = offset
    const match = token.exec(text)
    const start = text.length - text.slice(offset).trimStart().length
    if (match === null) return start
    const next = follow(match[1] ?? (match[2] === undefined ? 'value' : 'string'), expecting, open)
    if (next === null) return start
    expecting = next
    offset = token.lastIndex
  }
}

/** What is expected after a token, or null where the token itself was not. Keeps the stack of open brackets. */
function follow(found: string, expecting: Expecting, open: string[]): Expecting | null {
  if (!accepted[expecting].includes(found)) return null
  switch (found) {
    case '{':
    case '[':
      open.push(found)
      return found === '{' ? 'key or end' : 'value or end'
    case '}':
    case ']':
      return open.pop() === (found === '}' ? '{' : '[') ? afterValue(open) : null
    case ':':
      return 'value'
    case ',':
      return open.at(-1) === '{' ? 'key' : 'value'
    default:
      return expecting.startsWith('key') ? 'colon' : afterValue(open)
  }
}

function afterValue(open: readonly string[]): Expecting {
  return open.length === 0 ? 'nothing' : 'comma or end'
}
