import type { Actor } from '../../domain/actor.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import type { Transaction } from '../../store/database.ts'
import { referencesIn, resolveData, resolveText, withoutReferences } from './bulk-references.ts'
import type { BulkOperation, BulkOutcome, BulkRequest } from './bulk-request.ts'
import { readTarget } from './bulk-target.ts'
import { createUsersIn } from './create-users.ts'
import type { BulkStep } from './order-bulk.ts'
import { completeOperation, discardResource, runOperation } from './run-operation.ts'
import type { Connection, ScimWorld } from './scim-world.ts'

export interface BulkContext {
  readonly trx: Transaction
  readonly world: ScimWorld
  readonly connection: Connection
  readonly request: BulkRequest
  /** The operation that creates what a bulkId names. */
  readonly creators: ReadonlyMap<string, number>
  readonly actor: Actor
}

/** Part of a bulk request in one transaction, on top of what came of the parts before it. */
export class BulkChunk {
  readonly outcomes: Map<number, BulkOutcome>
  readonly #context: BulkContext
  readonly #ids = new Map<string, string>()
  #faults = 0

  constructor(context: BulkContext, before: ReadonlyMap<number, BulkOutcome>) {
    this.#context = context
    this.outcomes = new Map()
    for (const [index, outcome] of before) this.#note(index, outcome)
  }

  async run(steps: readonly BulkStep[]): Promise<void> {
    for (let at = 0; at < steps.length; ) {
      const creates = this.#stopped ? [] : this.#plainCreates(steps, at)
      if (creates.length > 1 && (await this.#createTogether(creates))) at += creates.length
      else if (creates.length > 1) {
        for (const step of creates) await this.#take(step)
        at += creates.length
      } else {
        const step = steps[at]
        if (step !== undefined) await this.#take(step)
        at += 1
      }
    }
  }

  /** `failOnErrors` was reached: what is not begun is not run. */
  get #stopped(): boolean {
    const { failOnErrors } = this.#context.request
    return failOnErrors !== null && this.#faults >= failOnErrors
  }

  /** The POSTs of users from here on that refer to nothing: they can be written together. */
  #plainCreates(steps: readonly BulkStep[], from: number): readonly BulkStep[] {
    const rest = steps.slice(from)
    const end = rest.findIndex(({ index, kind }) => {
      const { method, path, data } = this.#operation(index)
      return (
        kind !== 'run' ||
        method !== 'POST' ||
        !/^\/?Users\/?$/.test(path) ||
        referencesIn(path, data).size > 0
      )
    })
    return end === -1 ? rest : rest.slice(0, end)
  }

  /** Whether all of them could be written; if not, none is, and each has to be tried by itself. */
  async #createTogether(steps: readonly BulkStep[]): Promise<boolean> {
    const { trx, world, connection, actor } = this.#context
    const bodies = steps.map(({ index }) => this.#operation(index).data)
    try {
      const users = await world.store.savepoint(trx, () =>
        createUsersIn(trx, world, connection, bodies, actor),
      )
      for (const [at, { id, version }] of users.entries()) {
        const index = steps[at]?.index ?? -1
        const { method, bulkId } = this.#operation(index)
        this.#note(index, { method, bulkId, type: 'User', id, version, status: 201, fault: null })
      }
      return true
    } catch (error) {
      if (error instanceof ScimFault) return false
      throw error
    }
  }

  async #take(step: BulkStep): Promise<void> {
    if (step.kind === 'complete') return this.#complete(step)
    if (this.#stopped) return
    const operation = this.#operation(step.index)
    this.#note(
      step.index,
      await this.#attempt(operation, null, () => {
        this.#checkReferences(operation, step.without)
        return runOperation(this.#context, this.#resolved(operation, step.without))
      }),
    )
  }

  /** The second half of a ring; where its other end failed, the resource that waits for it goes again. */
  async #complete({ index }: BulkStep): Promise<void> {
    const before = this.outcomes.get(index)
    if (before === undefined || before.fault !== null || before.type === null || before.id === null) return
    const operation = this.#operation(index)
    const target = { type: before.type, id: before.id }
    const outcome = await this.#attempt(operation, before, () => {
      this.#checkReferences(operation, new Set())
      return completeOperation(this.#context, target, this.#resolved(operation, new Set()))
    })
    if (outcome.fault !== null) await discardResource(this.#context, target)
    this.#note(index, outcome.fault === null ? outcome : { ...outcome, type: null, id: null, version: null })
  }

  async #attempt(
    operation: BulkOperation,
    before: BulkOutcome | null,
    work: () => Promise<Omit<BulkOutcome, 'method' | 'bulkId' | 'fault'>>,
  ): Promise<BulkOutcome> {
    const { method, bulkId } = operation
    const { trx, world } = this.#context
    try {
      const done = await world.store.savepoint(trx, work)
      return { method, bulkId, fault: null, ...done, status: before?.status ?? done.status }
    } catch (fault) {
      if (!(fault instanceof ScimFault)) throw fault
      return { method, bulkId, ...this.#named(operation), version: null, status: fault.status, fault }
    }
  }

  /** What a refused operation was about, as far as it can be told. */
  #named(operation: BulkOperation): Pick<BulkOutcome, 'type' | 'id'> {
    try {
      const { type, id } = readTarget(this.#resolved(operation, new Set()))
      return { type, id }
    } catch {
      return { type: null, id: null }
    }
  }

  #checkReferences({ path, data }: BulkOperation, without: ReadonlySet<string>): void {
    for (const bulkId of referencesIn(path, data)) {
      if (this.#ids.has(bulkId) || without.has(bulkId)) continue
      if (!this.#context.creators.has(bulkId))
        throw new ScimFault(400, 'invalidValue', 'a bulkId is referred to that no operation gives')
      throw new ScimFault(409, null, 'an operation that this one refers to was not carried out')
    }
  }

  #resolved(operation: BulkOperation, without: ReadonlySet<string>): BulkOperation {
    const { path, data } = operation
    return {
      ...operation,
      path: path
        .split('/')
        .map((part) => resolveText(part, this.#ids))
        .join('/'),
      data: resolveData(withoutReferences(data, without), this.#ids),
    }
  }

  #operation(index: number): BulkOperation {
    const operation = this.#context.request.operations[index]
    if (operation === undefined) throw new Error('A step names no operation.')
    return operation
  }

  #note(index: number, outcome: BulkOutcome): void {
    this.outcomes.set(index, outcome)
    const { method, bulkId, id, fault } = outcome
    if (fault !== null) this.#faults += 1
    if (method !== 'POST' || bulkId === null) return
    if (fault === null && id !== null) this.#ids.set(bulkId, id)
    else this.#ids.delete(bulkId)
  }
}
