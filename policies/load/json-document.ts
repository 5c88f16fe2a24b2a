import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { findJsonFault } from './find-json-fault.ts'
import type { DocumentPath, Finding, PolicyFault } from './policy-fault.ts'

const maxLength = 256 * 1024

/** One file of a policy folder. */
export interface PolicyFile {
  readonly file: string
  readonly text: string
}

/** A file that was read as JSON, and that still knows where each of its members stands. */
export interface JsonDocument {
  readonly file: string
  readonly value: unknown
  readonly place: (finding: Finding) => PolicyFault
}

/** Reads JSON strictly (a key given twice is a fault too); returns the fault where it is none. */
export function readJsonDocument({ file, text }: PolicyFile): JsonDocument | PolicyFault {
  if (text.length > maxLength) {
    return faultAt(file, text, 0, 'too-large', `The document is longer than ${maxLength} characters.`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return describeSyntaxFault(file, text)
  }
  // JSON is YAML, and the YAML parser remembers where each node stands.
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', strict: false })
  const twice = document.errors.find(({ code }) => code === 'DUPLICATE_KEY')
  if (twice !== undefined) {
    return faultAt(file, text, twice.pos[0], 'not-json', 'A key is given twice in one object.')
  }
  return {
    file,
    value,
    place: ({ path, code, message, atKey }) => {
      const { line, col } = lines.linePos(findOffset(document.contents, path, atKey === true))
      return { file, pointer: formatPointer(path), line: line || 1, column: col || 1, code, message }
    },
  }
}

/** Where the member stands; a member that is not there is looked for in what would hold it. */
function findOffset(root: Node | null, path: DocumentPath, atKey: boolean): number {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  for (const [index, key] of path.entries()) {
    const pair = isMap(node) ? node.items.find((item) => readKey(item.key) === String(key)) : undefined
    const next: unknown = isSeq(node) ? node.items[Number(key)] : pair?.value
    if (next === undefined || next === null) return offset
    const target = atKey && index === path.length - 1 && pair !== undefined ? pair.key : next
    offset = readOffset(target) ?? offset
    node = next
  }
  return offset
}

function readKey(key: unknown): unknown {
  return typeof key === 'object' && key !== null && 'value' in key ? key.value : key
}

function readOffset(node: unknown): number | undefined {
  return (node as Partial<Pick<Node, 'range'>> | null)?.range?.[0]
}

function formatPointer(path: DocumentPath): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function describeSyntaxFault(file: string, text: string): PolicyFault {
  const offset = findJsonFault(text)
  const what = offset >= text.length ? 'it ends too early' : `unexpected ${JSON.stringify(text[offset])}`
  return faultAt(file, text, offset, 'not-json', `The file is not JSON: ${what}.`)
}

function faultAt(
  file: string,
  text: string,
  offset: number,
  code: PolicyFault['code'],
  message: string,
): PolicyFault {
  const before = text.slice(0, offset).split('\n')
  return { file, pointer: '', line: before.length, column: (before.at(-1) ?? '').length + 1, code, message }
}
