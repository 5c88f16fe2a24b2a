import type { Decision, IdentityFacts } from '../../domain/decision.ts'
import { assembleDecision } from './assemble-decision.ts'
import type { CompiledPolicy, CompiledPolicySet } from './compile-policy-set.ts'
import { Evaluation } from './evaluation.ts'

/** What the set says of one identity. The same arguments give the same decision, whatever was decided before. */
export async function decide(identity: IdentityFacts, set: CompiledPolicySet, now: Date): Promise<Decision> {
  return decideOne(identity, set, new Evaluation(set, now, identity))
}

/** The same of many, all judged at one time. Decisions come in the order of the identities. */
export async function decideBatch(
  identities: readonly IdentityFacts[],
  set: CompiledPolicySet,
  now: Date,
): Promise<readonly Decision[]> {
  const [first] = identities
  if (first === undefined) return []
  const evaluation = new Evaluation(set, now, first)
  const decisions: Decision[] = []
  for (const identity of identities) {
    evaluation.begin(identity)
    decisions.push(await decideOne(identity, set, evaluation))
  }
  return decisions
}

async function decideOne(
  identity: IdentityFacts,
  set: CompiledPolicySet,
  evaluation: Evaluation,
): Promise<Decision> {
  const matching: CompiledPolicy[] = []
  let reviewAt: number | null = null
  for (const policy of set.policies) {
    // What a shadow policy says is reported by an explanation, and never part of a decision.
    if (policy.document.mode !== 'enforce' || !evaluation.isTargeted(policy)) continue
    const holds = policy.rule.ask(evaluation.isLeafTrue)
    // Nearly every answer is known already, and an await costs more than the rest of the policy.
    if (typeof holds === 'boolean' ? holds : await holds) matching.push(policy)
    const flip = evaluation.findNextFlip(policy)
    if (flip !== null && (reviewAt === null || flip < reviewAt)) reviewAt = flip
  }
  return assembleDecision(identity, set.id, set.verdicts.of(matching), evaluation.selectAddresses, reviewAt)
}
