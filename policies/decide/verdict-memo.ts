import { reachVerdict, type Verdict } from './assemble-decision.ts'
import type { CompiledPolicy } from './compile-policy-set.ts'

const limit = 10_000

/** A group of matching policies, reached by one policy after another. */
interface Group {
  readonly larger: Map<CompiledPolicy, Group>
  verdict: Verdict | null
}

/** Verdicts by the policies that matched: a population falls into few such groups. */
export class VerdictMemo {
  #nobody: Group = { larger: new Map(), verdict: null }
  #size = 0

  /** `matching` comes in the set's order. */
  of(matching: readonly CompiledPolicy[]): Verdict {
    let group = this.#nobody
    for (const policy of matching) group = group.larger.get(policy) ?? this.#enlarge(group, policy)
    group.verdict ??= reachVerdict(matching)
    return group.verdict
  }

  #enlarge(group: Group, policy: CompiledPolicy): Group {
    if (this.#size >= limit) {
      // The group at hand is finished all the same; it only is no longer found.
      this.#nobody = { larger: new Map(), verdict: null }
      this.#size = 0
    }
    const enlarged: Group = { larger: new Map(), verdict: null }
    group.larger.set(policy, enlarged)
    this.#size++
    return enlarged
  }
}
