import { Engine } from 'json-rules-engine'
import { type CompiledRule, leafFact } from './compile-rule.ts'

/**
 * Whether a rule holds for given results of its leaves, as json-rules-engine decides it. The engine gets nothing
 * else, so its answer may be remembered by these results.
 *
 * An engine of its own for each question: two runs on one engine, overlapping, make it skip rules without an error,
 * because the first to end marks the engine as finished.
 */
export async function askEngine(rule: CompiledRule, isTrue: (leaf: number) => boolean): Promise<boolean> {
  const engine = new Engine([{ conditions: rule.conditions, event: { type: 'matched' } }])
  const facts = Object.fromEntries(rule.leaves.map((leaf) => [leafFact(leaf), isTrue(leaf)]))
  const { events } = await engine.run(facts)
  return events.length > 0
}
