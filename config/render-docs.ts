import { overrides } from './environment.ts'
import { configurationJsonSchema } from './schema.ts'
import type { SchemaNode } from './schema-tree.ts'

/** The page docs/configuration.md, made of the schema, so that it cannot say anything else than the program does. */
export function renderConfigurationDocs(): string {
  const schema = configurationJsonSchema()
  const sections = Object.entries(schema.properties ?? {}).map(([key, node]) =>
    renderSection(key, node, isRequired(schema, key)),
  )
  return `${[introduction, ...sections, renderOverrides()].join('\n\n')}\n`
}

const introduction = `# The configuration

<!-- Written by \`npx tsx config/write-docs.ts\` from config/schema.ts: change it there. -->

One YAML 1.2 file, by default \`muster.yaml\`. \`muster check\` reports every fault of it at once, with line, column and the nearest known key. \`muster config schema\` prints its JSON Schema for editors: save it beside the file and begin the file with \`# yaml-language-server: $schema=./muster.schema.json\`.

- A **secret** is \`{ env: NAME }\` or \`{ file: PATH }\`; a literal is accepted in the embedded mode only. One newline at the end of a secret's file is cut.
- A **path** is relative to the folder of the configuration file.
- A **duration** is a number and a unit: \`30s\`, \`5m\`, \`24h\`, \`30d\`.
- \`NAME\` stands for a name of your choice, \`[]\` for an element of a list.
- The file is at most 1 MiB. Aliases may be used, up to 100 repeats. A source that is taken out of the file freezes its records.

[samples/muster.yaml](../samples/muster.yaml) is a complete file to start from.`

function renderSection(key: string, node: SchemaNode, required: boolean): string {
  const head = `## \`${key}\`\n\n${renderFacts(node, required)}`
  const named = node.additionalProperties
  const kinds = typeof named === 'object' ? listBranches(named) : []
  // One kind of source is a page of keys: each has its own table.
  if (kinds.length > 0) return [head, ...kinds.map((kind) => renderKind(kind))].join('\n\n')
  const rows = listRows(node, `${key}.`)
  return rows.length === 0 ? head : `${head}\n\n${renderKeys(rows)}`
}

function renderKind(kind: SchemaNode): string {
  return `### \`type: ${String(kind.properties?.['type']?.const)}\`\n\n${renderKeys(listRows(kind, ''))}`
}

/** What stands below a heading: the value and default of a key that has none below it, and what it means. */
function renderFacts(node: SchemaNode, required: boolean): string {
  const value = hasParts(node) ? '' : `Value: ${nameValue(node)}.`
  const standard = node.default === undefined || hasParts(node) ? '' : `Default: ${code(node.default)}.`
  return [node.description, required ? 'Required.' : '', value, standard].filter(Boolean).join(' ')
}

type Row = readonly string[]

function listRows(node: SchemaNode, prefix: string): readonly Row[] {
  const rowsOf = new Map<string, string>()
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${/^[\w-]+$/.test(name) ? name : `"${name}"`}`
    const row = renderRow(path, child, isRequired(node, name))
    const below = listPartRows(child, path)
    if (below.length === 0) return [row]
    // Keys of the same shape are told once.
    const shape = JSON.stringify(child)
    const twin = rowsOf.get(shape)
    if (twin === undefined) rowsOf.set(shape, name)
    return twin === undefined ? [row, ...below] : [[...row.slice(0, -1), `As \`${twin}\`.`]]
  })
  const named = node.additionalProperties
  if (typeof named !== 'object') return own
  const path = `${prefix}NAME`
  return [...own, ...(hasParts(named) ? [] : [renderRow(path, named, false)]), ...listPartRows(named, path)]
}

/** The rows of what a value consists of: keys, elements, and of a union the keys of every alternative. */
function listPartRows(node: SchemaNode, path: string): readonly Row[] {
  // What a secret looks like is told in the introduction.
  if (node['x-muster'] !== undefined) return []
  const elements = node.items === undefined ? [] : listPartRows(node.items, `${path}[]`)
  const mappings = listBranches(node).filter(hasParts)
  const others = listBranches(node).filter((branch) => !hasParts(branch))
  return [
    ...listRows(node, `${path}.`),
    ...elements,
    ...listRows(mergeMappings(mappings), `${path}.`),
    ...others.flatMap((branch) => listPartRows(branch, path)),
  ]
}

/** One mapping with the keys of all: required is what every one of them requires. */
function mergeMappings(mappings: readonly SchemaNode[]): SchemaNode {
  return {
    properties: Object.assign({}, ...mappings.map(({ properties }) => properties)),
    required: (mappings[0]?.required ?? []).filter((key) => mappings.every((each) => isRequired(each, key))),
  }
}

function renderKeys(rows: readonly Row[]): string {
  return renderTable(['key', 'value', 'default', 'meaning'], rows)
}

function renderRow(path: string, node: SchemaNode, required: boolean): Row {
  const standard = required ? 'required' : node.default === undefined ? '' : code(node.default)
  return [`\`${path}\``, nameValue(node), standard, node.description ?? '']
}

function nameValue(node: SchemaNode): string {
  if (node['x-muster'] !== undefined) return node['x-muster']
  if (node.const !== undefined) return code(node.const)
  if (node.enum !== undefined) return node.enum.map(code).join(', ')
  const branches = listBranches(node)
  if (branches.length > 0) return [...new Set(branches.map(nameValue))].join(' or ')
  if (node.type === 'array')
    return `list of ${node.items === undefined ? 'anything' : nameValue(node.items).replaceAll(', ', ' or ')}`
  const names: Record<string, string> = { object: 'mapping', string: 'text', integer: 'whole number' }
  return names[node.type ?? ''] ?? node.type ?? 'anything'
}

function renderOverrides(): string {
  const rows = overrides.map(({ variable, path, description }) => [
    `\`${variable}\``,
    `\`${path.join('.')}\``,
    description,
  ])
  return `## The environment\n\nThese variables, where they are set and not empty, count over the file. Everything else of the environment is read only where the file says \`{ env: NAME }\`.\n\n${renderTable(['variable', 'key', 'meaning'], rows)}`
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' && value.trim() !== '' ? value : JSON.stringify(value)}\``
}

function hasParts(node: SchemaNode): boolean {
  return node.properties !== undefined || typeof node.additionalProperties === 'object'
}

function listBranches(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf ?? node.oneOf ?? []
}

function isRequired(node: SchemaNode, key: string): boolean {
  return node.required?.includes(key) === true
}
