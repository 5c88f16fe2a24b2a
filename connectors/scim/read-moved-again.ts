import type { ReadFaultCode } from '../../domain/source-row.ts'
import { SourceFault } from '../source-fault.ts'

/** Further passes over a population that moved while it was read. */
const furtherPasses = 3

const moving: ReadonlySet<ReadFaultCode> = new Set(['moved', 'paging-repeated'])

/** Runs a pass, and again where the population moved under it; the last pass's fault is thrown. */
export async function* readMovedAgain<Page, End>(
  pass: () => AsyncGenerator<Page, End, void>,
): AsyncGenerator<Page, End, void> {
  for (let further = 0; ; further++) {
    try {
      return yield* pass()
    } catch (error) {
      if (!(error instanceof SourceFault) || !moving.has(error.code) || further === furtherPasses) throw error
    }
  }
}
