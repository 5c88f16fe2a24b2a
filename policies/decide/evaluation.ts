import type { Address } from '../../domain/address.ts'
import type { IdentityFacts } from '../../domain/decision.ts'
import type { FilterDocument } from '../../domain/filter.ts'
import { identityDocument } from '../filter/identity-document.ts'
import { createMoment, type Moment } from '../moment.ts'
import { answer } from '../operators/decorators.ts'
import type { CompiledPolicy, CompiledPolicySet } from './compile-policy-set.ts'
import type { Leaf } from './leaf-collection.ts'

/** What is known of a leaf or a target for the identity at hand. */
const unknown = 0
const isFalse = 1
const isTrue = 2

/**
 * One policy set asked about one identity after another, at one moment: facts, targets and comparisons are worked
 * out when a policy first needs them, and once for all policies.
 */
export class Evaluation {
  readonly #set: CompiledPolicySet
  readonly #moment: Moment
  readonly #facts: unknown[]
  readonly #factKnown: Uint8Array
  readonly #leaves: Uint8Array
  readonly #targets: Uint8Array
  readonly #candidates: (readonly Address[] | undefined)[]
  #identity: IdentityFacts
  #document: FilterDocument | null = null

  constructor(set: CompiledPolicySet, now: Date, identity: IdentityFacts) {
    this.#set = set
    this.#moment = createMoment(now, set.calendar)
    this.#facts = new Array(set.facts.length).fill(undefined)
    this.#factKnown = new Uint8Array(set.facts.length)
    this.#leaves = new Uint8Array(set.leaves.length)
    this.#targets = new Uint8Array(set.targets.length)
    this.#candidates = new Array(set.paths.length).fill(undefined)
    this.#identity = identity
  }

  /** Turns to another identity. */
  begin(identity: IdentityFacts): void {
    this.#identity = identity
    this.#document = null
    this.#factKnown.fill(unknown)
    this.#leaves.fill(unknown)
    this.#targets.fill(unknown)
    this.#candidates.fill(undefined)
  }

  /** Whether the policy's target lets the identity in. */
  isTargeted({ target }: CompiledPolicy): boolean {
    if (target === null) return true
    if (this.#targets[target] === unknown) {
      this.#document ??= identityDocument(this.#identity, this.#set.settings.groupsFrom)
      this.#targets[target] = this.#set.targets[target]?.(this.#document) === true ? isTrue : isFalse
    }
    return this.#targets[target] === isTrue
  }

  /** Whether a comparison holds. Bound, so that rules can be given it. */
  readonly isLeafTrue = (number: number): boolean => {
    if (this.#leaves[number] === unknown) {
      const leaf = this.#leafAt(number)
      const left = this.#readFact(leaf.fact)
      this.#recall(leaf.fact, left)
      if (this.#leaves[number] === unknown) {
        const holds = answer(leaf.operator, left, this.#readAgainst(leaf), this.#moment)
        this.#leaves[number] = holds ? isTrue : isFalse
      }
    }
    return this.#leaves[number] === isTrue
  }

  /** The earliest time after now at which a comparison of the policies that let the identity in could change. */
  findNextFlip(policies: readonly CompiledPolicy[]): number | null {
    let next: number | null = null
    for (const policy of policies) {
      if (policy.timedLeaves.length === 0 || !this.isTargeted(policy)) continue
      for (const number of policy.timedLeaves) {
        const flip = this.#findFlip(this.#leafAt(number))
        if (flip !== null && (next === null || flip < next)) next = flip
      }
    }
    return next
  }

  /** The identity's usable addresses on one of the set's paths. Bound, so that it can be handed on. */
  readonly selectAddresses = (path: number): readonly Address[] => {
    const known = this.#candidates[path]
    if (known !== undefined) return known
    const selects = this.#set.paths[path]
    const selected = this.#identity.addresses.filter(
      (address) => address.unusable === null && selects?.(address) === true,
    )
    this.#candidates[path] = selected
    return selected
  }

  /** The comparison, what its fact was, and whether it held. */
  explainLeaf(number: number) {
    const leaf = this.#leafAt(number)
    const { fact, operator, value } = leaf.comparison
    return {
      fact,
      operator,
      value,
      actual: this.#readFact(leaf.fact) ?? null,
      result: this.isLeafTrue(number),
    }
  }

  /** Takes over what is remembered of a fact's value, for all of its comparisons at once. */
  #recall(fact: number, value: unknown): void {
    const together = this.#set.answers[fact]
    // What is absent has rules of its own and is quick to answer.
    if (together == null || typeof value !== 'string' || value === '') return
    const answers = together.of(value, this.#moment)
    if (answers === null) return
    const { leaves } = together
    for (let at = 0; at < leaves.length; at++) {
      const leaf = leaves[at]
      if (leaf !== undefined) this.#leaves[leaf] = answers[at] === true ? isTrue : isFalse
    }
  }

  #findFlip(leaf: Leaf): number | null {
    return leaf.operator.nextFlip?.(this.#readFact(leaf.fact), this.#readAgainst(leaf), this.#moment) ?? null
  }

  #leafAt(number: number): Leaf {
    const leaf = this.#set.leaves[number]
    if (leaf === undefined) throw new RangeError(`The policy set has no leaf ${number}.`)
    return leaf
  }

  #readAgainst({ against }: Leaf): unknown {
    return 'fact' in against ? this.#readFact(against.fact) : against.value
  }

  #readFact(number: number): unknown {
    if (this.#factKnown[number] === unknown) {
      this.#facts[number] = this.#set.facts[number]?.read(this.#identity)
      this.#factKnown[number] = isTrue
    }
    return this.#facts[number]
  }
}
