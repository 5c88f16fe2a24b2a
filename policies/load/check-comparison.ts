import { RE2JS } from 're2js'
import type { FactTable } from '../facts/fact-table.ts'
import type { Operand } from '../operators/operand.ts'
import { findOperator, type NamedOperator } from '../operators/operator-table.ts'
import { compilePattern } from '../operators/pattern.ts'
import { suggestName } from '../suggestion.ts'
import {
  type DocumentPath,
  type Finding,
  find,
  findAtKey,
  type Members,
  type PolicyFaultCode,
} from './policy-fault.ts'

/** Every fault of one comparison: what it names that does not exist, and what can never be compared. */
export function checkComparison(node: Members, path: DocumentPath, facts: FactTable): readonly Finding[] {
  const { fact, operator, value } = node
  const findings = [
    ...checkFact(fact, [...path, 'fact'], facts),
    ...checkOperator(operator, [...path, 'operator']),
    ...checkValue(node, path, facts),
  ]
  if (findings.length > 0) return findings
  const named = findOperator(String(operator))
  const left = readFact(fact, facts)
  const right = isReference(value) ? readFact(value.fact, facts) : { from: 'policy' as const, value }
  if (typeof named === 'string' || left === null || right === null) return []
  const fault = named.operator.check(left, right)
  if (fault === null) return []
  const code = readPatternFault(named, right) ?? 'invalid-value'
  return find([...path, 'value'], code, `operator ${operator} on ${fact}: ${fault}`)
}

function checkFact(name: unknown, path: DocumentPath, facts: FactTable): readonly Finding[] {
  if (typeof name !== 'string') return find(path, 'wrong-shape', '"fact" is the name of a fact')
  if (facts.find(name) !== null) return []
  return find(path, 'unknown-fact', `unknown fact "${name.slice(0, 64)}"${suggestName(name, facts.names)}`)
}

function checkOperator(name: unknown, path: DocumentPath): readonly Finding[] {
  if (name === undefined) return find(path, 'wrong-shape', '"operator" is missing')
  if (typeof name !== 'string') return find(path, 'wrong-shape', '"operator" is the name of one')
  const operator = findOperator(name)
  return typeof operator === 'string' ? find(path, 'unknown-operator', operator) : []
}

function checkValue(node: Members, path: DocumentPath, facts: FactTable): readonly Finding[] {
  const at = [...path, 'value']
  if (!Object.hasOwn(node, 'value')) return find(at, 'wrong-shape', '"value" is missing')
  const { value } = node
  if (!isReference(value)) return []
  const beside = Object.keys(value).filter((key) => key !== 'fact')
  return [
    ...beside.flatMap((key) => findAtKey([...at, key], 'refused-key', `"${key}" is refused beside a fact`)),
    ...checkFact(value.fact, [...at, 'fact'], facts),
  ]
}

function readFact(name: unknown, facts: FactTable): Operand | null {
  const fact = facts.find(String(name))
  return fact === null ? null : { from: 'fact', kind: fact.kind }
}

/** `{"fact": "name"}` compares with another fact, as in json-rules-engine. */
function isReference(value: unknown): value is { readonly fact: unknown } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'fact')
}

function readPatternFault({ base }: NamedOperator, right: Operand): PolicyFaultCode | null {
  if (base !== 'matches' || right.from !== 'policy') return null
  const patterns: readonly unknown[] = Array.isArray(right.value) ? right.value : [right.value]
  for (const pattern of patterns) {
    const compiled = typeof pattern === 'string' ? compilePattern(pattern) : null
    if (compiled !== null && !(compiled instanceof RE2JS)) return compiled.code
  }
  return null
}
