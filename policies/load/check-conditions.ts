import { conditionShapes } from '../condition.ts'
import type { FactTable } from '../facts/fact-table.ts'
import { suggestName } from '../suggestion.ts'
import { checkComparison } from './check-comparison.ts'
import { type DocumentPath, type Finding, find, findAtKey, type Members } from './policy-fault.ts'

/** What conditions are checked against. */
export interface ConditionWorld {
  readonly facts: FactTable
  /** Ids of the named conditions. */
  readonly names: ReadonlySet<string>
}

type ShapeName = keyof typeof conditionShapes

const shapeNames = Object.keys(conditionShapes) as readonly ShapeName[]
const maxDepth = 32

/** Every fault in a tree of conditions, whatever else is wrong with the document around it. */
export function checkConditions(
  root: Members,
  path: DocumentPath,
  world: ConditionWorld,
): readonly Finding[] {
  const atRoot = Object.hasOwn(root, 'fact')
    ? find(path, 'wrong-shape', 'the conditions of a document begin with all, any, not or condition')
    : []
  return [...atRoot, ...checkNode(root, { path, world, depth: 0 })]
}

interface Place {
  readonly path: DocumentPath
  readonly world: ConditionWorld
  readonly depth: number
}

function checkNode(node: unknown, place: Place): readonly Finding[] {
  const { path, depth } = place
  if (depth > maxDepth) return find(path, 'too-large', `conditions nest deeper than ${maxDepth}`)
  if (!isObject(node)) return find(path, 'wrong-shape', 'a condition is an object')
  const [shape, ...more] = shapeNames.filter((name) => Object.hasOwn(node, name))
  if (shape === undefined || more.length > 0) {
    const given = shape === undefined ? 'none of them' : `${[shape, ...more].join(' and ')} together`
    return find(path, 'wrong-shape', `a condition has one of ${shapeNames.join(', ')}, not ${given}`)
  }
  return [...checkKeys(node, shape, path), ...checkLabels(node, path), ...checkShape(node, shape, place)]
}

function checkKeys(node: Members, shape: ShapeName, path: DocumentPath): readonly Finding[] {
  const known = Object.keys(conditionShapes[shape].shape)
  return Object.keys(node).flatMap((key) => {
    if (known.includes(key)) return []
    if (key === 'path' || key === 'params') {
      const message = `"${key}" is refused: facts have no parts; name the part as a fact of its own`
      return findAtKey([...path, key], 'refused-key', message)
    }
    return findAtKey([...path, key], 'unknown-key', `unknown key "${key}"${suggestName(key, known)}`)
  })
}

function checkLabels(node: Members, path: DocumentPath): readonly Finding[] {
  const { name, priority } = node
  const nameFits = name === undefined || typeof name === 'string'
  const priorityFits = priority === undefined || (Number.isInteger(priority) && Number(priority) >= 1)
  return [
    ...(nameFits ? [] : find([...path, 'name'], 'wrong-shape', '"name" is a text')),
    ...(priorityFits
      ? []
      : find([...path, 'priority'], 'wrong-shape', '"priority" is a whole number from 1')),
  ]
}

function checkShape(node: Members, shape: ShapeName, place: Place): readonly Finding[] {
  switch (shape) {
    case 'all':
    case 'any':
      return checkMembers(node[shape], shape, place)
    case 'not':
      return checkNode(node['not'], below(place, 'not'))
    case 'condition':
      return checkReference(node['condition'], place)
    case 'fact':
      return checkComparison(node, place.path, place.world.facts)
  }
}

function checkMembers(members: unknown, shape: 'all' | 'any', place: Place): readonly Finding[] {
  const path = [...place.path, shape]
  if (!Array.isArray(members)) return find(path, 'wrong-shape', `"${shape}" is a list of conditions`)
  if (shape === 'any' && members.length === 0) {
    return find(path, 'unreachable-condition', 'any of nothing can never be true')
  }
  return members.flatMap((member: unknown, index) => checkNode(member, below(place, shape, index)))
}

function checkReference(name: unknown, { path, world }: Place): readonly Finding[] {
  const at = [...path, 'condition']
  if (typeof name !== 'string') return find(at, 'wrong-shape', '"condition" is the id of one')
  if (world.names.has(name)) return []
  return find(at, 'unknown-condition', `there is no condition "${name}"${suggestName(name, world.names)}`)
}

function below(place: Place, ...keys: readonly (string | number)[]): Place {
  return { ...place, path: [...place.path, ...keys], depth: place.depth + 1 }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
