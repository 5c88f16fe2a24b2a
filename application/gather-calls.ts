/** How calls are gathered. */
export interface GatheringLimits {
  /** Batches that are carried out at a time; further calls wait for one to end, and go together. */
  readonly atOnce: number
  /** Calls in one batch at most. */
  readonly most: number
}

interface Waiting<Question, Answer> {
  readonly question: Question
  readonly answer: (answer: Answer) => void
  readonly fail: (error: unknown) => void
}

/**
 * Carries out calls together where they come faster than they are answered: what is dear is going to the database and
 * back, and it is as dear for many as for one. A call waits for those that come in the same turn of the event loop, and
 * for a batch to end where as many are carried out as may be. `carryOut` gives an
 * answer for each question, in their order; where it throws, all of its calls fail so.
 */
export function gatherCalls<Question, Answer>(
  carryOut: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  { atOnce, most }: GatheringLimits,
): (question: Question) => Promise<Answer> {
  let waiting: Waiting<Question, Answer>[] = []
  let going = 0
  let isStarting = false
  const run = async (batch: readonly Waiting<Question, Answer>[]): Promise<void> => {
    try {
      const answers = await carryOut(batch.map(({ question }) => question))
      if (answers.length !== batch.length) throw new Error('A batch was not answered call by call.')
      for (const [at, answer] of answers.entries()) batch[at]?.answer(answer)
    } catch (error) {
      for (const { fail } of batch) fail(error)
    } finally {
      going -= 1
      start()
    }
  }
  const start = (): void => {
    isStarting = false
    while (going < atOnce && waiting.length > 0) {
      const batch = waiting.slice(0, most)
      waiting = waiting.slice(most)
      going += 1
      void run(batch)
    }
  }
  return (question) =>
    new Promise((answer, fail) => {
      waiting.push({ question, answer, fail })
      if (isStarting || going >= atOnce) return
      isStarting = true
      setImmediate(start)
    })
}
