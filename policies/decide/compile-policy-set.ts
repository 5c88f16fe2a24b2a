import type { Address, AddressAttribute } from '../../domain/address.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { EnrollmentWish, PolicyDenial } from '../../domain/decision.ts'
import type { Factor } from '../../domain/factor.ts'
import { type Calendar, openCalendar } from '../calendar.ts'
import type { Comparison, RootCondition } from '../condition.ts'
import { createFactTable, type Fact, type FactTable } from '../facts/fact-table.ts'
import { compileFilter, type FilterPredicate } from '../filter/evaluate-filter.ts'
import { addressAttributes, parseAddressPath } from '../filter/parse-address-path.ts'
import { parseFilter } from '../filter/parse-filter.ts'
import type { Operator } from '../operators/operator.ts'
import { findOperator } from '../operators/operator-table.ts'
import type { ConditionDocument, PolicyDocument } from '../policy-schema.ts'
import type { PolicySettings } from '../policy-settings.ts'
import { compileRule, type LeafNumbering } from './compile-rule.ts'
import { RuleMemo } from './rule-memo.ts'

/** A checked policy set, ready to decide. Holds what it has learned about its rules; safe to share. */
export interface CompiledPolicySet {
  readonly id: string
  readonly settings: PolicySettings
  readonly calendar: Calendar
  /** Higher priority first, then by id: no order of the documents shows. */
  readonly policies: readonly CompiledPolicy[]
  readonly targets: readonly FilterPredicate[]
  readonly leaves: readonly Leaf[]
  readonly facts: readonly Fact[]
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

/** What a policy wants enrolled, without the candidates of a particular identity. */
export interface CompiledWish {
  readonly wish: Omit<EnrollmentWish, 'candidates'>
  readonly paths: readonly ((address: Address) => boolean)[]
}

/** One comparison, however many policies make it. */
export interface Leaf {
  readonly comparison: Comparison
  readonly operator: Operator
  /** Which of the set's facts is compared. */
  readonly fact: number
  /** With what: the policy's value, or another fact. */
  readonly against: { readonly fact: number } | { readonly value: unknown }
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
  const policies = documents
    .toSorted(byPriority)
    .map((document) => compilePolicy(document, named, leaves, targets))
  return {
    id,
    settings,
    calendar: openCalendar(settings.timeZone),
    policies,
    targets: targets.predicates,
    leaves: leaves.leaves,
    facts: leaves.facts,
  }
}

function byPriority(left: PolicyDocument, right: PolicyDocument): number {
  return right.priority - left.priority || (left.id < right.id ? -1 : 1)
}

function compilePolicy(
  document: PolicyDocument,
  named: ReadonlyMap<string, RootCondition>,
  leaves: LeafCollection,
  targets: TargetCollection,
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
    wishes: compileWishes(document),
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

function compileWishes({ id, priority, event }: PolicyDocument): readonly CompiledWish[] {
  if (event.type === 'deny') return []
  return event.params.enroll.map(({ factor, from, max, ...wanted }) => {
    const paths = typeof from === 'string' ? [from] : from
    const attribute: AddressAttribute = addressAttributes[factor]
    return {
      wish: { ...wanted, policy: id, priority, factor, attribute, max: max ?? null },
      paths: paths.map((path) => parseAddressPath(path, factor).selects),
    }
  })
}

/** Targets that are written alike are evaluated once for an identity. */
class TargetCollection {
  readonly predicates: FilterPredicate[] = []
  readonly #settings: PolicySettings
  readonly #numbers = new Map<string, number>()

  constructor(settings: PolicySettings) {
    this.#settings = settings
  }

  add(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.predicates.push(compileFilter(parseFilter(text, this.#settings.customAttributes))) - 1
    this.#numbers.set(text, number)
    return number
  }
}

/** Comparisons that are alike are made once for an identity. */
class LeafCollection implements LeafNumbering {
  readonly leaves: Leaf[] = []
  readonly facts: Fact[] = []
  readonly #table: FactTable
  readonly #leafNumbers = new Map<string, number>()
  readonly #factNumbers = new Map<string, number>()

  constructor(table: FactTable) {
    this.#table = table
  }

  numberOf(comparison: Comparison): number {
    const { fact, operator, value } = comparison
    const key = canonicalJson([fact, operator, value])
    const known = this.#leafNumbers.get(key)
    if (known !== undefined) return known
    const named = findOperator(operator)
    if (typeof named === 'string') throw new RangeError(`The policy set has an ${named}.`)
    const number = this.leaves.push({
      comparison: { fact, operator, value },
      operator: named.operator,
      fact: this.#numberFact(fact),
      against: this.#readAgainst(value),
    })
    this.#leafNumbers.set(key, number - 1)
    return number - 1
  }

  #readAgainst(value: unknown): Leaf['against'] {
    if (typeof value !== 'object' || value === null || !('fact' in value)) return { value }
    return { fact: this.#numberFact(String(value.fact)) }
  }

  #numberFact(name: string): number {
    const known = this.#factNumbers.get(name)
    if (known !== undefined) return known
    const fact = this.#table.find(name)
    if (fact === null) throw new RangeError(`The policy set has an unknown fact "${name}".`)
    const number = this.facts.push(fact) - 1
    this.#factNumbers.set(name, number)
    return number
  }
}
