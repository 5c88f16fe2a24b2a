import { mappableNames } from '../connectors/attribute-targets.ts'
import { findNearest } from '../domain/nearest.ts'
import type { ConfigurationPath, Finding } from './fault.ts'
import { isRecord, readPath } from './schema-tree.ts'

/** Every attribute that the document names is one of ours, or a custom one that it declares. */
export function checkMappings(document: unknown): readonly Finding[] {
  return listNamedAttributes(document).flatMap((named) => checkAttribute(document, named))
}

interface NamedAttribute {
  readonly name: string
  readonly path: ConfigurationPath
  readonly at: Finding['at']
}

function listNamedAttributes(document: unknown): readonly NamedAttribute[] {
  const sources = readPath(document, ['sources'])
  const named = Object.keys(isRecord(sources) ? sources : {}).flatMap((source) => [
    ...listKeys(document, ['sources', source, 'attributes']),
    ...listKeys(document, ['sources', source, 'people', 'attributes']),
    ...listElements(document, ['sources', source, 'correlate']),
  ])
  const preferred = listKeys(document, ['precedence']).filter(({ name }) => name !== 'default')
  return [...named, ...preferred]
}

function listKeys(document: unknown, path: ConfigurationPath): NamedAttribute[] {
  const mapping = readPath(document, path)
  if (!isRecord(mapping)) return []
  return Object.keys(mapping).map((name) => ({ name, path: [...path, name], at: 'key' }))
}

function listElements(document: unknown, path: ConfigurationPath): NamedAttribute[] {
  const list = readPath(document, path)
  if (!Array.isArray(list)) return []
  return list.flatMap((name: unknown, index) =>
    typeof name === 'string' ? [{ name, path: [...path, index], at: 'value' as const }] : [],
  )
}

function checkAttribute(document: unknown, { name, path, at }: NamedAttribute): readonly Finding[] {
  if (mappableNames.includes(name)) return []
  const declared = declaredNames(document)
  if (declared.includes(name)) return []
  const message = name.startsWith('custom.')
    ? `"${name}" is not declared: add ${name.slice('custom.'.length)} to "attributes" at the top level`
    : `There is no attribute called "${name}"`
  const nearest = findNearest(name, [...mappableNames, ...declared])
  const hint = nearest === null ? '' : `; the nearest is "${nearest}"`
  return [{ path, at, code: 'unknown-attribute', message: `${message}${hint}.` }]
}

function declaredNames(document: unknown): readonly string[] {
  const attributes = readPath(document, ['attributes'])
  return Object.keys(isRecord(attributes) ? attributes : {}).map((name) => `custom.${name}`)
}
