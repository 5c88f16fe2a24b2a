import type { Filter as ParsedFilter } from 'scim2-parse-filter'
import type { Filter, FilterAttribute, FilterOperator } from '../../domain/filter.ts'
import { parseFilterInstant } from '../date-text.ts'
import { suggestName } from '../suggestion.ts'
import { invalidFilter } from './filter-text.ts'
import type { FilterSchema } from './schema-builder.ts'

type Literal = string | number | boolean | null

const maxTerms = 100
const maxDepth = 32
const orderOperators: ReadonlySet<FilterOperator> = new Set(['gt', 'ge', 'lt', 'le'])
const textOperators: ReadonlySet<FilterOperator> = new Set(['co', 'sw', 'ew'])

/** Gives every name of a parsed filter its place in the schema and every literal its attribute's type, or throws. */
export function resolveFilter(
  parsed: ParsedFilter,
  literals: readonly (string | number)[],
  schema: FilterSchema,
): Filter {
  const budget = { terms: 0 }
  return resolveNode(parsed, { literals, schema, budget, depth: 0 })
}

interface Resolving {
  readonly literals: readonly (string | number)[]
  readonly schema: FilterSchema
  readonly budget: { terms: number }
  readonly depth: number
}

function resolveNode(node: ParsedFilter, at: Resolving): Filter {
  if (at.depth > maxDepth) throw invalidFilter(`it nests deeper than ${maxDepth}`)
  const below = { ...at, depth: at.depth + 1 }
  switch (node.op) {
    case 'and':
    case 'or':
      return { op: node.op, filters: node.filters.map((filter) => resolveNode(filter, below)) }
    case 'not':
      return { op: 'not', filter: resolveNode(node.filter, below) }
    case '[]': {
      const list = findList(node.attrPath, at.schema)
      return {
        op: 'some',
        path: list.path,
        filter: resolveNode(node.valFilter, { ...below, schema: list.schema }),
      }
    }
    case 'pr':
      countTerm(at)
      return { op: 'present', attribute: findPresence(node.attrPath, at.schema) }
    default:
      countTerm(at)
      return resolveComparison(node.op, node.attrPath, node.compValue, at)
  }
}

function countTerm(at: Resolving): void {
  at.budget.terms++
  if (at.budget.terms > maxTerms) throw invalidFilter(`it has more than ${maxTerms} terms`)
}

function resolveComparison(operator: FilterOperator, name: string, parsed: Literal, at: Resolving): Filter {
  const attribute = findAttribute(name, at.schema)
  // Strings and numbers were taken out before parsing: a parsed string is always a placeholder.
  const literal = typeof parsed === 'string' ? (at.literals[Number(parsed)] ?? '') : parsed
  if (literal === null && operator !== 'eq' && operator !== 'ne') {
    throw invalidFilter(`"${operator}" cannot compare with null`)
  }
  checkOperator(operator, attribute, name)
  return {
    op: 'compare',
    operator,
    attribute,
    value: literal === null ? null : readLiteral(literal, attribute, name),
  }
}

function checkOperator(operator: FilterOperator, { type }: FilterAttribute, name: string): void {
  const refused =
    (textOperators.has(operator) && type !== 'string') || (orderOperators.has(operator) && type === 'boolean')
  if (refused) throw invalidFilter(`"${operator}" cannot be asked of ${name}, which is a ${type}`)
}

function readLiteral(literal: string | number | boolean, { type }: FilterAttribute, name: string): Literal {
  switch (type) {
    case 'string':
      if (typeof literal === 'string') return literal
      break
    case 'number':
      if (typeof literal === 'number' && Number.isFinite(literal)) return literal
      break
    case 'boolean': {
      // Entra writes booleans in paths as strings: roles[primary eq "true"].
      const written = String(literal).toLowerCase()
      if (typeof literal !== 'number' && (written === 'true' || written === 'false'))
        return written === 'true'
      break
    }
    case 'date': {
      const instant = typeof literal === 'string' ? parseFilterInstant(literal) : null
      if (instant !== null) return new Date(instant).toISOString()
      break
    }
  }
  throw invalidFilter(`${name} must be compared with a ${type}`)
}

function findAttribute(name: string, schema: FilterSchema): FilterAttribute {
  const attribute = schema.attributes.get(name.toLowerCase())
  if (attribute !== undefined) return attribute
  if (schema.complex.has(name.toLowerCase())) {
    throw invalidFilter(`${name} has no value of its own, name one of its parts`)
  }
  throw unknownAttribute(name, schema)
}

function findPresence(name: string, schema: FilterSchema): FilterAttribute {
  const path = schema.complex.get(name.toLowerCase())
  if (path === undefined) return findAttribute(name, schema)
  return { path, element: null, multiValued: false, type: 'string', caseExact: false }
}

function findList(name: string, schema: FilterSchema): { path: readonly string[]; schema: FilterSchema } {
  const list = schema.lists.get(name.toLowerCase())
  if (list !== undefined) return list
  if (schema.attributes.has(name.toLowerCase())) throw invalidFilter(`${name} takes no value filter in [ ]`)
  throw unknownAttribute(name, schema)
}

function unknownAttribute(name: string, schema: FilterSchema) {
  return invalidFilter(`unknown attribute "${name.slice(0, 64)}"${suggestName(name, schema.names)}`)
}
