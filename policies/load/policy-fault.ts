/** Why a policy folder cannot be put in force. A closed list: `muster check` prints it, and editors may act on it. */
export type PolicyFaultCode =
  | 'unreadable'
  | 'no-policies'
  | 'too-large'
  | 'not-json'
  | 'wrong-shape'
  | 'unknown-key'
  | 'refused-key'
  | 'duplicate-id'
  | 'unknown-fact'
  | 'unknown-operator'
  | 'unknown-factor'
  | 'unknown-condition'
  | 'unused-condition'
  | 'unreachable-condition'
  | 'invalid-value'
  | 'invalid-regex'
  | 'regex-too-large'
  | 'invalid-filter'
  | 'invalid-path'

/** One fault, with its place in a file. */
export interface PolicyFault {
  readonly file: string
  /** RFC 6901: which member of the document; empty for the whole. */
  readonly pointer: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly code: PolicyFaultCode
  /** A sentence: what is wrong, and where it is known what was meant, the nearest known name. */
  readonly message: string
}

/** Keys and indices from a document's root to one of its members. */
export type DocumentPath = readonly (string | number)[]

/** A fault before its place in the text is looked up. */
export interface Finding {
  readonly path: DocumentPath
  readonly code: PolicyFaultCode
  readonly message: string
  /** True where the key itself is at fault, not its value. */
  readonly atKey?: boolean
}

/** Members of a JSON object. */
export type Members = Readonly<Record<string, unknown>>

/** One finding, as a list: checks add up. The message becomes a sentence. */
export function find(path: DocumentPath, code: PolicyFaultCode, message: string): readonly Finding[] {
  return [{ path, code, message: asSentence(message) }]
}

export function findAtKey(path: DocumentPath, code: PolicyFaultCode, message: string): readonly Finding[] {
  return [{ path, code, message: asSentence(message), atKey: true }]
}

/** Begins with a capital, unless with a name of the document's, and ends with a mark. */
function asSentence(text: string): string {
  const end = /[.?]$/.test(text) ? '' : '.'
  return text.charAt(0).toUpperCase() + text.slice(1) + end
}
