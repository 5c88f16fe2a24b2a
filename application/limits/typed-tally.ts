import type { Store } from '../../store/store.ts'
import { noteTyped, type TypedCode } from './note-typed.ts'

/** Codes that were typed, on their way into the counters. */
export interface TypedTally {
  /** Neither waits nor throws. */
  note(code: TypedCode): void
  /** Writes what is left. */
  close(): Promise<void>
}

export interface TallyOptions {
  /** Milliseconds that codes are gathered for. */
  readonly every?: number
  readonly onError: (error: unknown) => void
}

/** What is kept for the next round when PostgreSQL is away; what is beyond counts as not typed. */
const mostKept = 5000

/**
 * Counts typed codes together, a few times a second: the counters of one prefix are shared by many people, and a
 * sign-in that waits for their rows waits for everybody else's. A process that dies loses a fifth of a second of it:
 * those messages then count as not typed, the strict side.
 */
export function startTypedTally(store: Store, { every = 200, onError }: TallyOptions): TypedTally {
  let gathered: TypedCode[] = []
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()

  const write = async (): Promise<void> => {
    const codes = gathered
    gathered = []
    if (codes.length === 0) return
    try {
      await store.transaction((trx) => noteTyped(trx, store, codes))
    } catch (error) {
      gathered = [...codes, ...gathered].slice(0, mostKept)
      onError(error)
    }
  }
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      writing = writing.then(write).then(() => (gathered.length > 0 ? schedule() : undefined))
    }, every).unref()
  }
  return {
    note: (code) => {
      if (gathered.length < mostKept) gathered.push(code)
      schedule()
    },
    close: async () => {
      if (timer !== null) clearTimeout(timer)
      await writing
      await write()
      if (timer !== null) clearTimeout(timer)
    },
  }
}
