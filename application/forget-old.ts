import type { Clock } from '../domain/clock.ts'
import type { Store } from '../store/store.ts'

/** Rows that one statement removes, and statements of one kind in one call: nobody waits for either. */
const [atOnce, rounds] = [1000, 50] as const

/** Removes challenges and deliveries that ended and began so many milliseconds ago. Answers how many of them went. */
export async function forgetOld(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  keep: { readonly challenges: number; readonly deliveries: number },
): Promise<number> {
  const now = clock().getTime()
  const challenges = new Date(now - keep.challenges)
  const deliveries = new Date(now - keep.deliveries)
  return (
    (await inPieces(() => store.deliveries.forgetBefore(store.database, deliveries, atOnce))) +
    (await inPieces(() => store.challenges.forgetBefore(store.database, challenges, atOnce)))
  )
}

async function inPieces(forgetSome: () => Promise<number>): Promise<number> {
  let forgotten = 0
  for (let round = 0; round < rounds; round += 1) {
    const gone = await forgetSome()
    forgotten += gone
    if (gone < atOnce) break
  }
  return forgotten
}
