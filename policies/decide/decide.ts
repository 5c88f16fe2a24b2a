import type { Decision, IdentityFacts } from '../../domain/decision.ts'
import { assembleDecision } from './assemble-decision.ts'
import type { CompiledPolicy, CompiledPolicySet } from './compile-policy-set.ts'
import { Evaluation } from './evaluation.ts'

/** What the set says of one identity. The same arguments give the same decision, whatever was decided before. */
export async function decide(identity: IdentityFacts, set: CompiledPolicySet, now: Date): Promise<Decision> {
  return learn(identity, set, new Evaluation(set, now, identity))
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
    // Nearly every answer is known already, and awaiting it would cost more than making the decision.
    decisions.push(recall(identity, set, evaluation) ?? (await learn(identity, set, evaluation)))
  }
  return decisions
}

/** The decision from remembered answers alone; null where one is missing. */
function recall(identity: IdentityFacts, set: CompiledPolicySet, evaluation: Evaluation): Decision | null {
  const matching: CompiledPolicy[] = []
  for (const policy of set.enforced) {
    if (!evaluation.isTargeted(policy)) continue
    const holds = policy.rule.recall(evaluation.isLeafTrue)
    if (holds === undefined) return null
    if (holds) matching.push(policy)
  }
  return conclude(identity, set, matching, evaluation)
}

async function learn(
  identity: IdentityFacts,
  set: CompiledPolicySet,
  evaluation: Evaluation,
): Promise<Decision> {
  const matching: CompiledPolicy[] = []
  for (const policy of set.enforced) {
    if (!evaluation.isTargeted(policy)) continue
    if (await policy.rule.ask(evaluation.isLeafTrue)) matching.push(policy)
  }
  return conclude(identity, set, matching, evaluation)
}

function conclude(
  identity: IdentityFacts,
  set: CompiledPolicySet,
  matching: readonly CompiledPolicy[],
  evaluation: Evaluation,
): Decision {
  const verdict = set.verdicts.of(matching)
  const reviewAt = evaluation.findNextFlip(set.enforced)
  return assembleDecision(identity, set.id, verdict, evaluation.selectAddresses, reviewAt)
}
