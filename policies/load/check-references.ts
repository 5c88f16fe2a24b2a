import type { Condition } from '../condition.ts'

/** Comparisons of one policy once its named conditions are written out. */
const maxComparisons = 1000

/** Ids of the named conditions that a tree refers to, directly. */
export function listReferences(node: Condition): readonly string[] {
  if ('all' in node) return node.all.flatMap(listReferences)
  if ('any' in node) return node.any.flatMap(listReferences)
  if ('not' in node) return listReferences(node.not)
  return 'condition' in node ? [node.condition] : []
}

/** Named conditions that lead back to themselves, sorted. */
export function findCycles(conditions: ReadonlyMap<string, Condition>): readonly string[] {
  return [...conditions.keys()]
    .filter((id) => reachFrom(listDirect(id, conditions), conditions).has(id))
    .sort()
}

/** Named conditions that no policy needs, not even through another condition. */
export function findUnused(
  policies: readonly Condition[],
  conditions: ReadonlyMap<string, Condition>,
): readonly string[] {
  const used = reachFrom(policies.flatMap(listReferences), conditions)
  return [...conditions.keys()].filter((id) => !used.has(id)).sort()
}

/**
 * Whether a tree is too large when written out. Conditions that name each other twice over double at every step,
 * so each is counted once. Needs conditions without cycles.
 */
export function isTooLarge(root: Condition, conditions: ReadonlyMap<string, Condition>): boolean {
  const sizes = new Map<string, number>()
  const measure = (node: Condition): number => {
    if ('all' in node) return node.all.reduce((sum, member) => sum + measure(member), 0)
    if ('any' in node) return node.any.reduce((sum, member) => sum + measure(member), 0)
    if ('not' in node) return measure(node.not)
    if (!('condition' in node)) return 1
    const known = sizes.get(node.condition)
    if (known !== undefined) return known
    const named = conditions.get(node.condition)
    const size = named === undefined ? 1 : measure(named)
    sizes.set(node.condition, size)
    return size
  }
  return measure(root) > maxComparisons
}

function reachFrom(
  start: readonly string[],
  conditions: ReadonlyMap<string, Condition>,
): ReadonlySet<string> {
  const reached = new Set<string>()
  const waiting = [...start]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    waiting.push(...listDirect(id, conditions))
  }
  return reached
}

function listDirect(id: string, conditions: ReadonlyMap<string, Condition>): readonly string[] {
  const node = conditions.get(id)
  return node === undefined ? [] : listReferences(node)
}
