import type { Address, AddressAttribute } from '../../domain/address.ts'
import type { EnrollmentWish, PolicyDenial } from '../../domain/decision.ts'
import type { Factor } from '../../domain/factor.ts'
import { type Calendar, openCalendar } from '../calendar.ts'
import type { RootCondition } from '../condition.ts'
import { createFactTable, type Fact } from '../facts/fact-table.ts'
import type { FilterPredicate } from '../filter/evaluate-filter.ts'
import { addressAttributes } from '../filter/parse-address-path.ts'
import type { ConditionDocument, PolicyDocument } from '../policy-schema.ts'
import type { PolicySettings } from '../policy-settings.ts'
import { compileRule } from './compile-rule.ts'
import { type FactAnswers, groupAnswers } from './fact-answers.ts'
import { type Leaf, LeafCollection } from './leaf-collection.ts'
import { PathCollection } from './path-collection.ts'
import { RuleMemo } from './rule-memo.ts'
import { TargetCollection } from './target-collection.ts'
import { VerdictMemo } from './verdict-memo.ts'

/** A checked policy set, ready to decide. Holds what it has learned about its rules; safe to share. */
export interface CompiledPolicySet {
  readonly id: string
  readonly settings: PolicySettings
  readonly calendar: Calendar
  /** Higher priority first, then by id: no order of the documents shows. */
  readonly policies: readonly CompiledPolicy[]
  /** Those that decide: what a shadow policy says is reported by an explanation, and part of no decision. */
  readonly enforced: readonly CompiledPolicy[]
  readonly targets: readonly FilterPredicate[]
  readonly paths: readonly ((address: Address) => boolean)[]
  readonly leaves: readonly Leaf[]
  readonly facts: readonly Fact[]
  /** Remembered answers, by the fact's number. */
  readonly answers: readonly (FactAnswers | null)[]
  readonly verdicts: VerdictMemo
}

export interface CompiledPolicy {
  readonly document: PolicyDocument
  /** Which of the set's targets must let an identity in; null: everybody. */
  readonly target: number | null
  readonly leaves: readonly number[]
  /** Those whose answer time alone can change. */
  readonly timedLeaves: readonly number[]
  readonly rule: RuleMemo
  readonly grants: readonly Grant[]
  readonly denials: readonly Denial[]
  readonly wishes: readonly CompiledWish[]
}

export interface Grant {
  readonly policy: string
  readonly factor: Factor
  /** Null: every client. */
  readonly clients: readonly string[] | null
}

interface Denial {
  readonly factor: Factor
  readonly denial: PolicyDenial
}

/** What a policy wants enrolled, as it stands for an identity without a candidate. */
export interface CompiledWish {
  readonly wish: EnrollmentWish
  /** Which of the set's paths, in turn. */
  readonly paths: readonly number[]
}

export interface PolicySetSource {
  /** The digest. */
  readonly id: string
  readonly documents: readonly PolicyDocument[]
  readonly conditions: readonly ConditionDocument[]
  readonly settings: PolicySettings
}

/** Prepares a policy set that loading found without faults. Throws where a stored one no longer is. */
export function compilePolicySet({
  id,
  documents,
  conditions,
  settings,
}: PolicySetSource): CompiledPolicySet {
  const named = new Map(conditions.map((condition) => [condition.id, condition.conditions]))
  const leaves = new LeafCollection(createFactTable(settings))
  const targets = new TargetCollection(settings)
  const paths = new PathCollection()
  const policies = documents
    .toSorted(byPriority)
    .map((document) => compilePolicy(document, named, { leaves, targets, paths }))
  return {
    id,
    settings,
    calendar: openCalendar(settings.timeZone),
    policies,
    enforced: policies.filter(({ document }) => document.mode === 'enforce'),
    targets: targets.predicates,
    paths: paths.predicates,
    leaves: leaves.leaves,
    facts: leaves.facts,
    answers: groupAnswers(leaves.leaves, leaves.facts),
    verdicts: new VerdictMemo(),
  }
}

function byPriority(left: PolicyDocument, right: PolicyDocument): number {
  return right.priority - left.priority || (left.id < right.id ? -1 : 1)
}

/** What the policies of a set share. */
interface Collections {
  readonly leaves: LeafCollection
  readonly targets: TargetCollection
  readonly paths: PathCollection
}

function compilePolicy(
  document: PolicyDocument,
  named: ReadonlyMap<string, RootCondition>,
  { leaves, targets, paths }: Collections,
): CompiledPolicy {
  const rule = compileRule(document.conditions, named, leaves)
  return {
    document,
    target: document.target === undefined ? null : targets.add(document.target),
    leaves: rule.leaves,
    timedLeaves: rule.leaves.filter((leaf) => leaves.leaves[leaf]?.operator.nextFlip !== undefined),
    rule: new RuleMemo(rule),
    grants: compileGrants(document),
    denials: compileDenials(document),
    wishes: compileWishes(document, paths),
  }
}

function compileGrants({ id, event }: PolicyDocument): readonly Grant[] {
  if (event.type === 'deny') return []
  return event.params.rights.map((right) =>
    typeof right === 'string' ? { policy: id, factor: right, clients: null } : { policy: id, ...right },
  )
}

function compileDenials({ id, event }: PolicyDocument): readonly Denial[] {
  if (event.type !== 'deny') return []
  const { rights, reason, overridable } = event.params
  return [...new Set(rights)].map((factor) => ({ factor, denial: { policy: id, reason, overridable } }))
}

function compileWishes(
  { id, priority, event }: PolicyDocument,
  paths: PathCollection,
): readonly CompiledWish[] {
  if (event.type === 'deny') return []
  return event.params.enroll.map(({ factor, from, max, ...wanted }) => {
    const inTurn = typeof from === 'string' ? [from] : from
    const attribute: AddressAttribute = addressAttributes[factor]
    return {
      wish: { ...wanted, policy: id, priority, factor, attribute, max: max ?? null, candidates: [] },
      paths: inTurn.map((path) => paths.add(path, factor)),
    }
  })
}
