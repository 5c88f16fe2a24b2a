import type { Mark } from '../connectors/mapping-schema.ts'
import type { ConfigurationPath } from './fault.ts'

/** The parts of JSON Schema (draft 2020-12) that zod writes and that we read back. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | SchemaNode
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  /** Our own keyword: values that are resolved before they are checked. */
  readonly 'x-muster'?: Mark
}

/** A value of the document whose schema says that it is resolved: a secret or a path. */
export interface MarkedValue {
  readonly path: ConfigurationPath
  readonly mark: Mark
  readonly value: unknown
}

/** The keys that a mapping at this place may have. */
export function listKnownKeys(
  schema: SchemaNode,
  path: ConfigurationPath,
  document: unknown,
): readonly string[] {
  let nodes = selectBranches(schema, document)
  let value = document
  for (const segment of path) {
    value = readSegment(value, segment)
    nodes = nodes
      .flatMap((node) => childNode(node, segment) ?? [])
      .flatMap((child) => selectBranches(child, value))
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))]
}

/** Where a key would be understood: `sources.NAME.bind` for `bind`. */
export function listHomes(schema: SchemaNode, key: string): readonly string[] {
  return [...new Set(walkHomes(schema, key, ''))]
}

function* walkHomes(node: SchemaNode, key: string, prefix: string): Generator<string> {
  if (Object.hasOwn(node.properties ?? {}, key)) yield prefix === '' ? 'the top level' : prefix
  for (const [name, child] of Object.entries(node.properties ?? {}))
    yield* walkHomes(child, key, prefix === '' ? name : `${prefix}.${name}`)
  if (typeof node.additionalProperties === 'object')
    yield* walkHomes(node.additionalProperties, key, `${prefix}.NAME`)
  if (node.items !== undefined) yield* walkHomes(node.items, key, `${prefix}[]`)
  for (const branch of listBranches(node)) yield* walkHomes(branch, key, prefix)
}

/** Every secret and every path in the document, wherever the schema has one. Faulty parts are passed over. */
export function findMarkedValues(schema: SchemaNode, document: unknown): readonly MarkedValue[] {
  const found: MarkedValue[] = []
  const walk = (node: SchemaNode, value: unknown, path: ConfigurationPath): void => {
    const mark = node['x-muster']
    if (mark !== undefined) {
      found.push({ path, mark, value })
      return
    }
    for (const branch of selectBranches(node, value)) {
      if (branch !== node) walk(branch, value, path)
      else for (const [segment, item] of entriesOf(value)) descend(branch, segment, item, path)
    }
  }
  const descend = (node: SchemaNode, segment: string | number, item: unknown, path: ConfigurationPath) => {
    const child = childNode(node, segment)
    if (child !== undefined) walk(child, item, [...path, segment])
  }
  walk(schema, document, [])
  return found
}

/** The value at a path, or undefined where the document has none. */
export function readPath(document: unknown, path: ConfigurationPath): unknown {
  return path.reduce(readSegment, document)
}

function childNode(node: SchemaNode, segment: string | number): SchemaNode | undefined {
  if (typeof segment === 'number') return node.items
  const named = Object.hasOwn(node.properties ?? {}, segment) ? node.properties?.[segment] : undefined
  if (named !== undefined) return named
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}

/** Of a union the branches that this value could mean; of anything else the node itself. */
function selectBranches(node: SchemaNode, value: unknown): readonly SchemaNode[] {
  const branches = listBranches(node)
  if (branches.length === 0) return [node]
  return branches
    .flatMap((branch) => selectBranches(branch, value))
    .filter((branch) => isMeant(branch, value))
}

function listBranches(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf ?? node.oneOf ?? []
}

function isMeant(branch: SchemaNode, value: unknown): boolean {
  if (Array.isArray(value)) return branch.type === 'array'
  if (!isRecord(value)) return branch.type !== 'array' && branch.type !== 'object'
  if (branch.type !== 'object') return false
  return Object.entries(branch.properties ?? {}).every(
    ([name, child]) =>
      child.const === undefined || !Object.hasOwn(value, name) || child.const === value[name],
  )
}

function entriesOf(value: unknown): readonly [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()]
  return isRecord(value) ? Object.entries(value) : []
}

function readSegment(value: unknown, segment: string | number): unknown {
  if (Array.isArray(value)) return value[Number(segment)]
  return isRecord(value) && Object.hasOwn(value, segment) ? value[segment] : undefined
}

export function isRecord(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
