import type { WorkCounters } from '../../server/metrics/work-counters.ts'
import type { Database } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'
import type { AuditEvent } from '../../store/write/audit-events.ts'
import type { BornPerson } from '../../store/write/births.ts'

/** What is told of a run that ended, for the log. */
export interface EndedRun {
  readonly run: string | null
  readonly source: string | null
  readonly status: string
}

export interface CountingOptions {
  readonly counters: WorkCounters
  readonly onRunEnded: (ended: EndedRun) => void
}

/**
 * The store, with everything counted that is written through it. Whatever happens has its audit event, so that is
 * where it is seen; what happens in a transaction counts when that was committed, and not where it was undone.
 */
export function countWork(store: Store, { counters, onRunEnded }: CountingOptions): Store {
  const pending = new WeakMap<Database, (() => void)[]>()
  const note = (database: Database, tell: () => void) => {
    const waiting = pending.get(database)
    if (waiting === undefined) tell()
    else waiting.push(tell)
  }
  return {
    ...store,
    transaction: async (work) => {
      let waiting: (() => void)[] = []
      const result = await store.transaction((trx) => {
        waiting = []
        pending.set(trx, waiting)
        return work(trx)
      })
      for (const tell of waiting) tell()
      return result
    },
    savepoint: async (trx, work) => {
      const waiting = pending.get(trx)
      const before = waiting?.length ?? 0
      try {
        return await store.savepoint(trx, work)
      } catch (error) {
        waiting?.splice(before)
        throw error
      }
    },
    audit: {
      ...store.audit,
      insertAuditEvents: async (trx, events) => {
        await store.audit.insertAuditEvents(trx, events)
        const tally = tallyEvents(events)
        note(trx, () => countEvents(counters, tally))
        for (const ended of events.flatMap(runsEndedIn)) note(trx, () => tellRun(counters, ended, onRunEnded))
      },
    },
    births: {
      ...store.births,
      insertBirths: async (trx, texts, born) => {
        await store.births.insertBirths(trx, texts, born)
        const tally = tallyBirths(born)
        note(trx, () => countEvents(counters, tally))
      },
    },
    runs: {
      ...store.runs,
      holdRun: async (trx, runId) => {
        await store.runs.holdRun(trx, runId)
        note(trx, () => {
          counters.brakesTripped.inc()
          onRunEnded({ run: runId, source: null, status: 'held' })
        })
      },
    },
    freshUsers: {
      ...store.freshUsers,
      insertFreshUsers: async (database, fresh) => {
        const known = await store.freshUsers.insertFreshUsers(database, fresh)
        const tally = tallyEvents(fresh.events)
        // Where somebody is known already nothing was written.
        if (known.length === 0) note(database, () => countEvents(counters, tally))
        return known
      },
    },
    tries: {
      ...store.tries,
      passAtOnce: async (database, consumed) => {
        const passed = await store.tries.passAtOnce(database, consumed)
        const tally = tallyEvents([consumed.event])
        if (passed !== null) note(database, () => countEvents(counters, tally))
        return passed
      },
    },
    challenges: {
      ...store.challenges,
      endChallenge: async (database, id, end) => {
        const ended = await store.challenges.endChallenge(database, id, end)
        if (ended && end === 'expired') note(database, () => counters.challengesExpired.inc())
        return ended
      },
      expireOverdue: async (database, limit) => {
        const expired = await store.challenges.expireOverdue(database, limit)
        note(database, () => counters.challengesExpired.inc(expired))
        return expired
      },
    },
  }
}

/** Thousands of people are written at once, and their events are not kept until the commit: only these counts. */
interface Tally {
  readonly actions: ReadonlyMap<string, number>
  /** By operation and actor, with a space between. */
  readonly effects: ReadonlyMap<string, number>
  readonly challenges: readonly { factor: string; purpose: string; outcome: string }[]
}

function tallyEvents(events: readonly AuditEvent[]): Tally {
  const actions = new Map<string, number>()
  const effects = new Map<string, number>()
  const challenges: Tally['challenges'][number][] = []
  for (const { action, actor, effects: ofEvent, detail } of events) {
    add(actions, action)
    for (const { op } of ofEvent ?? []) add(effects, `${op} ${actor.kind}`)
    if (!action.startsWith('challenge-')) continue
    const outcome = action.slice('challenge-'.length)
    challenges.push({ factor: text(detail, 'factor'), purpose: text(detail, 'purpose'), outcome })
  }
  return { actions, effects, challenges }
}

/** Each has one event, where anything came of what was decided; policies decided it. */
function tallyBirths(born: readonly BornPerson[]): Tally {
  const effects = new Map<string, number>()
  let events = 0
  for (const { operations } of born) {
    if (operations.size > 0) events += 1
    for (const [op, count] of operations) add(effects, `${op} policy`, count)
  }
  return { actions: new Map([['plan-applied', events]]), effects, challenges: [] }
}

function countEvents(counters: WorkCounters, { actions, effects, challenges }: Tally): void {
  for (const [action, count] of actions) counters.auditEvents.inc({ action }, count)
  for (const [key, count] of effects) {
    const [op = '', actor = ''] = key.split(' ')
    counters.effects.inc({ op, actor }, count)
  }
  for (const labels of challenges) counters.challenges.inc(labels)
}

function runsEndedIn({ action, runId, detail }: AuditEvent): readonly EndedRun[] {
  if (action !== 'run-ended') return []
  return [{ run: runId, source: text(detail, 'source') || null, status: text(detail, 'status') }]
}

function tellRun(
  { runsEnded }: WorkCounters,
  ended: EndedRun,
  onRunEnded: CountingOptions['onRunEnded'],
): void {
  const { source, status } = ended
  runsEnded.inc({ source: source ?? '', status })
  onRunEnded(ended)
}

function add(counts: Map<string, number>, name: string, more = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + more)
}

function text(detail: AuditEvent['detail'], name: string): string {
  const value = detail?.[name]
  return typeof value === 'string' ? value : ''
}
