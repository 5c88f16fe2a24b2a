import { findNearest } from '../domain/nearest.ts'
import { typesWithChanges } from '../domain/source-types.ts'
import { checkChannels } from './channel-checks.ts'
import type { ConfigurationPath, Finding } from './fault.ts'
import { checkMappings } from './mapping-checks.ts'
import { checkMode, readMode } from './mode-checks.ts'
import { isRecord, readPath } from './schema-tree.ts'

/**
 * What one part of the document says of another. Reads the document as it was written, passing over what the
 * schema refuses, so that these faults are reported beside those of the schema.
 */
export function checkAcrossParts(document: unknown): readonly Finding[] {
  return [
    ...checkMode(document),
    ...checkSourceNames(document),
    ...checkGroups(document),
    ...checkSchedules(document),
    ...checkSample(document),
    ...checkMappings(document),
    ...checkChannels(document),
  ]
}

/** Every place that names a source names one that exists. */
function checkSourceNames(document: unknown): readonly Finding[] {
  const places: ConfigurationPath[] = [['groupsFrom'], ...precedencePaths(document)]
  const named = places.flatMap((path) => {
    const names = readPath(document, path)
    return Array.isArray(names) ? names.map((name: unknown, index) => ({ name, path: [...path, index] })) : []
  })
  const sample = ['sample', 'directory', 'source']
  return [...named, { name: readPath(document, sample), path: sample }].flatMap(({ name, path }) =>
    typeof name === 'string' ? reportUnknownSource(document, name, path) : [],
  )
}

function reportUnknownSource(document: unknown, name: string, path: ConfigurationPath): readonly Finding[] {
  const known = listSources(document)
  if (known.includes(name)) return []
  const nearest = findNearest(name, known)
  const hint = nearest === null ? `known are ${known.join(', ') || 'none'}` : `the nearest is "${nearest}"`
  return [
    { path, at: 'value', code: 'unknown-source', message: `There is no source called "${name}"; ${hint}.` },
  ]
}

/**
 * Policies see one list of groups: when several sources bring some, somebody has to say whose. A connection pushes
 * groups whether anybody wants them or not, so beside a pulled source that brings some it is not counted.
 */
function checkGroups(document: unknown): readonly Finding[] {
  const bringing = listSources(document).filter((name) => bringsGroups(document, name))
  const pulled = bringing.filter((name) => !isPushed(document, name))
  const standard = pulled.length > 0 ? pulled : bringing
  const named = readPath(document, ['groupsFrom'])
  if (named === undefined && standard.length > 1)
    return [
      {
        path: ['groupsFrom'],
        at: 'key',
        code: 'missing',
        message: `The sources ${standard.join(' and ')} bring groups: groupsFrom must name those that policies see as "groups".`,
      },
    ]
  if (!Array.isArray(named)) return []
  return named.flatMap((name: unknown, index): Finding[] => {
    const known = typeof name === 'string' && listSources(document).includes(name)
    if (!known || bringing.includes(name)) return []
    const message = `The source "${name}" brings no groups.`
    return [{ path: ['groupsFrom', index], at: 'value', code: 'invalid', message }]
  })
}

function checkSchedules(document: unknown): readonly Finding[] {
  return listSources(document).flatMap((name): Finding[] => {
    const path = ['sources', name, 'schedule', 'changes']
    if (readPath(document, path) === undefined) return []
    // Of a source that is pushed the schema says that there is no schedule.
    if (isPushed(document, name)) return []
    const type = String(readPath(document, ['sources', name, 'type']))
    if (typesWithChanges.has(type)) return []
    const message = `Sources of type ${type} cannot read changes alone: use schedule.full.`
    return [{ path, at: 'key', code: 'unsupported', message }]
  })
}

function checkSample(document: unknown): readonly Finding[] {
  const path = ['sample', 'directory', 'source']
  const name = readPath(document, path)
  if (typeof name !== 'string' || !listSources(document).includes(name)) return []
  if (readMode(document) === 'production') return []
  if (readPath(document, ['sources', name, 'type']) === 'ldap') return []
  const message = `The sample directory speaks LDAP, and the source "${name}" is not of type ldap.`
  return [{ path, at: 'value', code: 'invalid', message }]
}

function precedencePaths(document: unknown): ConfigurationPath[] {
  const precedence = readPath(document, ['precedence'])
  return isRecord(precedence) ? Object.keys(precedence).map((attribute) => ['precedence', attribute]) : []
}

function listSources(document: unknown): readonly string[] {
  const sources = readPath(document, ['sources'])
  return isRecord(sources) ? Object.keys(sources) : []
}

function bringsGroups(document: unknown, source: string): boolean {
  const groups = readPath(document, ['sources', source, 'groups'])
  switch (readPath(document, ['sources', source, 'type'])) {
    case 'scim':
      return true
    case 'scim-pull':
      return groups !== false
    default:
      return isRecord(groups)
  }
}

function isPushed(document: unknown, source: string): boolean {
  return readPath(document, ['sources', source, 'type']) === 'scim'
}
