import type { ExplainedDecision, IdentityFacts, PolicyReason } from '../../domain/decision.ts'
import type { CompiledPolicy, CompiledPolicySet } from './compile-policy-set.ts'
import { decide } from './decide.ts'
import { Evaluation } from './evaluation.ts'

/**
 * A decision with its reasons: every policy, `shadow` ones included, with what each comparison found. Comparisons
 * are shown even where the target keeps the identity out, because "why not" is the usual question. The actual
 * values are personal data: mask addresses before showing them to anybody but an administrator.
 */
export async function explainDecision(
  identity: IdentityFacts,
  set: CompiledPolicySet,
  now: Date,
): Promise<ExplainedDecision> {
  const evaluation = new Evaluation(set, now, identity)
  const reasons: PolicyReason[] = []
  for (const policy of set.policies) reasons.push(await explainPolicy(policy, evaluation))
  return { ...(await decide(identity, set, now)), reasons }
}

async function explainPolicy(policy: CompiledPolicy, evaluation: Evaluation): Promise<PolicyReason> {
  const { id, mode } = policy.document
  if (mode === 'off') return { policy: id, mode, target: null, matched: false, conditions: [] }
  const target = evaluation.isTargeted(policy)
  const holds = await policy.rule.ask(evaluation.isLeafTrue)
  const conditions = policy.leaves.map((leaf) => evaluation.explainLeaf(leaf))
  return { policy: id, mode, target, matched: target && holds, conditions }
}
