import type { Address } from '../../domain/address.ts'
import type { IdentityFacts } from '../../domain/decision.ts'
import type { FilterDocument } from '../../domain/filter.ts'
import { identityDocument } from '../filter/identity-document.ts'
import { createMoment, type Moment } from '../moment.ts'
import { answer } from '../operators/decorators.ts'
import type { CompiledPolicy, CompiledPolicySet } from './compile-policy-set.ts'
import type { Leaf } from './leaf-collection.ts'

/** What a comparison with time says of one date at the batch's moment. */
interface TimedAnswer {
  readonly holds: boolean
  readonly nextFlip: number | null
}

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
  /** For each leaf that hangs on time: people share dates, and working out a day's edges is the costly part. */
  readonly #timed: readonly Map<unknown, TimedAnswer>[]
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
    this.#timed = set.leaves.map(() => new Map())
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
      this.#leaves[number] = this.#compare(this.#leafAt(number), number) ? isTrue : isFalse
    }
    return this.#leaves[number] === isTrue
  }

  /** The earliest time after now at which a comparison of the policy could change, or null. */
  findNextFlip({ timedLeaves }: CompiledPolicy): number | null {
    let next: number | null = null
    for (const number of timedLeaves) {
      const { nextFlip } = this.#answerTimed(this.#leafAt(number), number)
      if (nextFlip !== null && (next === null || nextFlip < next)) next = nextFlip
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

  #compare(leaf: Leaf, number: number): boolean {
    if (leaf.operator.nextFlip !== undefined) return this.#answerTimed(leaf, number).holds
    return answer(leaf.operator, this.#readFact(leaf.fact), this.#readAgainst(leaf), this.#moment)
  }

  #answerTimed(leaf: Leaf, number: number): TimedAnswer {
    const [left, right] = [this.#readFact(leaf.fact), this.#readAgainst(leaf)]
    // Lists are new for every identity, and another fact is not part of the key: these are not remembered.
    const known = typeof left === 'string' && 'value' in leaf.against ? this.#timed[number] : undefined
    const found = known?.get(left)
    if (found !== undefined) return found
    const timed: TimedAnswer = {
      holds: answer(leaf.operator, left, right, this.#moment),
      nextFlip: leaf.operator.nextFlip?.(left, right, this.#moment) ?? null,
    }
    known?.set(left, timed)
    return timed
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
