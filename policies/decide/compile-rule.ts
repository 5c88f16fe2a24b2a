import type { TopLevelCondition } from 'json-rules-engine'
import type { Comparison, Condition, RootCondition } from '../condition.ts'

/** A policy's conditions over numbered comparisons: what json-rules-engine is asked. */
export interface CompiledRule {
  /** Each comparison stands as "its leaf is true". */
  readonly conditions: TopLevelCondition
  /** The leaves that occur in it, each once, in the document's order. */
  readonly leaves: readonly number[]
}

/** Gives each different comparison of a set one number. */
export interface LeafNumbering {
  numberOf(comparison: Comparison): number
}

/** The fact by which the engine knows a leaf. */
export function leafFact(leaf: number): string {
  return `leaf:${leaf}`
}

/** Writes named conditions out and puts a leaf in the place of each comparison. */
export function compileRule(
  root: RootCondition,
  named: ReadonlyMap<string, RootCondition>,
  numbering: LeafNumbering,
): CompiledRule {
  const leaves = new Set<number>()
  const compileRoot = (node: RootCondition): TopLevelCondition => {
    if ('all' in node) return { all: node.all.map(compileNode) }
    if ('any' in node) return { any: node.any.map(compileNode) }
    if ('not' in node) return { not: compileNode(node.not) }
    return compileRoot(findNamed(node.condition, named))
  }
  const compileNode = (node: Condition): EngineCondition => {
    if (!('fact' in node)) return compileRoot(node)
    const leaf = numbering.numberOf(node)
    leaves.add(leaf)
    return { fact: leafFact(leaf), operator: 'equal', value: true }
  }
  const conditions = compileRoot(root)
  return { conditions, leaves: [...leaves] }
}

type EngineCondition = TopLevelCondition | { fact: string; operator: string; value: boolean }

function findNamed(id: string, named: ReadonlyMap<string, RootCondition>): RootCondition {
  const condition = named.get(id)
  // Loading refuses such a set; a stored one that lacks a condition was tampered with.
  if (condition === undefined) throw new RangeError(`The policy set has no condition "${id}".`)
  return condition
}
