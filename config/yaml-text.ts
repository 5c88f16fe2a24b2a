import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import type { ConfigurationFaultCode, ConfigurationPath } from './fault.ts'

/** From 1, as editors count. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A fault of the text itself, before anything is known about its meaning. */
export interface TextFault extends Position {
  readonly code: ConfigurationFaultCode
  readonly message: string
}

/** A YAML document that remembers where each of its parts stands. */
export interface YamlText {
  /** Plain data. Undefined where the text could not be read, which `faults` explains. */
  readonly value: unknown
  readonly faults: readonly TextFault[]
  /** Where a key or value stands, or the nearest of its ancestors that is there. */
  locate(path: ConfigurationPath, at: 'key' | 'value'): Position
}

/** How often aliases may repeat what they point at; more is an attack on memory ("billion laughs"). */
const maximumAliases = 100

/** Flow collections in one another, and columns of indentation: the parser recurses, and a stack is finite. */
const maximumDepth = 100
const maximumIndentation = 200

/** Reads YAML 1.2. Never throws: whatever the text is, it gives a value or faults with their places. */
export function parseYamlText(text: string): YamlText {
  const lines = new LineCounter()
  const place = (offset: number | undefined): Position => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (isNestedTooDeeply(text)) return refuse('The document is nested too deeply.')
  try {
    const document = parseDocument(text, {
      version: '1.2',
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
    })
    const faults = [
      ...listSyntaxFaults(document, place),
      ...listAliasFaults(document, place),
      ...listDuplicateKeys(document, place),
    ]
    const broken = faults.some((fault) => fault.code !== 'duplicate-key')
    return {
      value: broken ? undefined : document.toJS({ maxAliasCount: maximumAliases }),
      faults,
      locate: (path, at) => place(locateOffset(document, path, at)),
    }
  } catch (cause) {
    // Thrown for too many repeats: what syntax is at fault is reported, not thrown.
    if (cause instanceof ReferenceError) return refuse('The document repeats itself too often by aliases.')
    throw cause
  }
}

function refuse(message: string): YamlText {
  const start = { line: 1, column: 1 }
  return { value: undefined, faults: [{ ...start, code: 'too-large', message }], locate: () => start }
}

function isNestedTooDeeply(text: string): boolean {
  // Each level of a block takes a column at least; `- - -` opens several in one line.
  for (const line of text.split('\n'))
    if ((/^(?:[ \t]|[-?](?=[ \t]))*/.exec(line)?.[0].length ?? 0) > maximumIndentation) return true
  let depth = 0
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth > maximumDepth) return true
  }
  return false
}

function listSyntaxFaults(document: Document, place: (offset: number) => Position): TextFault[] {
  return [...document.errors, ...document.warnings].map((error) => ({
    ...place(error.pos[0]),
    code: 'syntax' as const,
    message:
      error.code === 'TAB_AS_INDENT'
        ? 'A tab indents this line: YAML is indented with spaces only.'
        : `This is not YAML: ${endSentence(error.message)}`,
  }))
}

/** An alias that points at nothing, or at what it stands in, has no value. */
function listAliasFaults(document: Document, place: (offset: number | undefined) => Position): TextFault[] {
  const faults: TextFault[] = []
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document)
      if (target !== undefined && !ancestors.includes(target)) return
      const why = target === undefined ? 'points at no anchor' : 'points at what contains it'
      faults.push({
        ...place(alias.range?.[0]),
        code: 'syntax',
        message: `The alias *${alias.source} ${why}.`,
      })
    },
  })
  return faults
}

function listDuplicateKeys(document: Document, place: (offset: number | undefined) => Position): TextFault[] {
  const faults: TextFault[] = []
  visit(document, {
    Map: (_, map) => {
      const first = new Map<string, Position>()
      for (const { key } of map.items) {
        const name = readKey(key)
        const position = place(isScalar(key) ? key.range?.[0] : undefined)
        const earlier = first.get(name)
        if (earlier === undefined) first.set(name, position)
        else
          faults.push({
            ...position,
            code: 'duplicate-key',
            message: `The key "${name}" is given twice: the first is in line ${earlier.line}.`,
          })
      }
    },
  })
  return faults
}

function locateOffset(document: Document, path: ConfigurationPath, at: 'key' | 'value'): number | undefined {
  let node: unknown = document.contents
  let offset = rangeStart(node)
  for (const [depth, segment] of path.entries()) {
    const step = enter(node, segment, document)
    if (step === undefined) return offset
    node = step.value
    // The key shows where a mapping or a list is; its own text starts a line below.
    const keyWanted = !isScalar(node) || (depth === path.length - 1 && at === 'key')
    offset =
      (keyWanted ? rangeStart(step.key) : undefined) ?? rangeStart(node) ?? rangeStart(step.key) ?? offset
  }
  return offset
}

/** One step down: the key that names the value (none in a list) and the value. */
function enter(
  node: unknown,
  segment: string | number,
  document: Document,
): { key: unknown; value: unknown } | undefined {
  const parent = isAlias(node) ? node.resolve(document) : node
  if (isMap(parent)) return findPair(parent, segment)
  if (isSeq(parent)) return { key: undefined, value: parent.items[Number(segment)] }
  return undefined
}

function findPair(map: YAMLMap, segment: string | number) {
  // The last one counts, as in the value.
  return map.items.findLast(({ key }) => readKey(key) === String(segment))
}

function readKey(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key)
}

function rangeStart(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
