import type { ReadFault, ReadFaultCode, ReadOutcome, RowProblem } from '../domain/source-row.ts'
import { toStorable } from '../domain/storable-text.ts'

const problemsKept = 100

/** What a read has met so far, and the outcome that follows from it. */
export class ReadReport {
  server: string | null = null
  entries = 0
  pages = 0
  references = 0
  groups: ReadOutcome['groups'] = null
  readonly #problems: RowProblem[] = []
  #problemCount = 0
  #why: ReadFault | null = null

  /** An entry that cannot be used; the first one is why the read has no proof, unless a fault ends it. */
  addProblem(where: string, code: ReadFaultCode, message: string): void {
    this.#problemCount++
    if (this.#problems.length < problemsKept) this.#problems.push({ where: toStorable(where), code, message })
  }

  /** Why the read has no proof; the first reason counts. */
  addFault(fault: ReadFault): void {
    this.#why ??= { ...fault, message: toStorable(fault.message) }
  }

  /** The outcome: complete only where nothing at all stood in the way. */
  conclude(): ReadOutcome {
    const why = this.#why ?? this.#describeProblems()
    return {
      complete: why === null,
      why,
      entries: this.entries,
      pages: this.pages,
      references: this.references,
      server: this.server === null ? null : toStorable(this.server),
      groups: this.groups,
      problems: this.#problems,
      problemCount: this.#problemCount,
    }
  }

  #describeProblems(): ReadFault | null {
    const [first] = this.#problems
    if (!first) return null
    const others = this.#problemCount > 1 ? `; ${this.#problemCount - 1} more could not be used` : ''
    return { code: first.code, message: `${first.where}: ${first.message}${others}` }
  }
}
