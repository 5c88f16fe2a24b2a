import { ScimFault } from '../../scim/scim-fault.ts'
import { referencesIn } from './bulk-references.ts'
import type { BulkOperation } from './bulk-request.ts'

/** One step of a bulk request: an operation, by its place in the request. */
export interface BulkStep {
  readonly index: number
  /**
   * `run` carries the operation out, without the references in `without`, which wait for it themselves; `complete`
   * puts those in place once they are there.
   */
  readonly kind: 'run' | 'complete'
  readonly without: ReadonlySet<string>
}

/**
 * The order in which a bulk request is carried out (RFC 7644 section 3.7.2): as sent, but what an operation refers to
 * by `bulkId` comes before it, wherever it stands. Where operations refer to each other in a ring, one of them is
 * created without its reference and completed afterwards. Throws 400 for a `bulkId` that is given twice.
 */
export function orderBulk(operations: readonly BulkOperation[]): readonly BulkStep[] {
  const creators = findCreators(operations)
  const order = new Order(operations.map(dependenciesOf(creators)))
  return order.steps
}

/** An operation whose resource is named in the request by this `bulkId`. */
export function findCreators(operations: readonly BulkOperation[]): ReadonlyMap<string, number> {
  const creators = new Map<string, number>()
  for (const [index, { method, bulkId }] of operations.entries()) {
    if (method !== 'POST' || bulkId === null) continue
    if (creators.has(bulkId)) throw new ScimFault(400, 'invalidSyntax', 'a bulkId is given twice')
    creators.set(bulkId, index)
  }
  return creators
}

interface Dependency {
  readonly bulkId: string
  readonly index: number
}

function dependenciesOf(creators: ReadonlyMap<string, number>) {
  return ({ path, data }: BulkOperation): readonly Dependency[] =>
    [...referencesIn(path, data)].flatMap((bulkId) => {
      const index = creators.get(bulkId)
      return index === undefined ? [] : [{ bulkId, index }]
    })
}

/** Depth first, without recursion: a chain of references may be as long as the request. */
class Order {
  readonly steps: BulkStep[] = []
  readonly #dependencies: readonly (readonly Dependency[])[]
  readonly #states = new Map<number, 'open' | 'done'>()
  /** By operation: what it was carried out without, and is still to come. */
  readonly #incomplete = new Map<number, Set<number>>()

  constructor(dependencies: readonly (readonly Dependency[])[]) {
    this.#dependencies = dependencies
    for (const index of dependencies.keys()) this.#visit(index)
  }

  #visit(root: number): void {
    const stack = [root]
    for (let index = stack.at(-1); index !== undefined; index = stack.at(-1)) {
      const state = this.#states.get(index)
      if (state === undefined) {
        this.#states.set(index, 'open')
        for (const next of this.#dependencies[index] ?? [])
          if (!this.#states.has(next.index)) stack.push(next.index)
        continue
      }
      stack.pop()
      if (state === 'open') this.#finish(index)
    }
  }

  #finish(index: number): void {
    this.#states.set(index, 'done')
    const waiting = (this.#dependencies[index] ?? []).filter(
      (one) => one.index === index || this.#states.get(one.index) !== 'done',
    )
    this.steps.push({ index, kind: 'run', without: new Set(waiting.map(({ bulkId }) => bulkId)) })
    if (waiting.length > 0) this.#incomplete.set(index, new Set(waiting.map((one) => one.index)))
    for (const [other, missing] of this.#incomplete) {
      missing.delete(index)
      if (missing.size > 0) continue
      this.#incomplete.delete(other)
      this.steps.push({ index: other, kind: 'complete', without: new Set() })
    }
  }
}
