import { Context } from '@temporalio/activity'
import { sealAudit } from '../application/audit/seal-audit.ts'
import type { DeciderInForce } from '../application/decider.ts'
import { type DrainWorld, drainBatch } from '../application/drain-due.ts'
import { type BrakeLimit, endRun, releaseBatch, weighRun } from '../application/settle-run.ts'
import { stageRead } from '../application/stage-read.ts'
import { type SweepWorld, sweepUnattended } from '../application/sweep.ts'
import type { PullSource, ReadOptions } from '../connectors/connector.ts'
import type { Activities } from './activities.ts'
import { beginRunOf } from './begin-run.ts'
import { withHeartbeat } from './with-heartbeat.ts'

export interface ActivityWorld extends DrainWorld, SweepWorld {
  readonly decider: DeciderInForce
  /** Opens a source of the configuration; throws `source-unknown`. */
  readonly openSource: (name: string) => PullSource
  readonly brake: BrakeLimit
}

/** Batches in one `drainSome`: often enough back in the workflow for progress, seldom enough to cost nothing. */
const batchesInDrain = 4

/** Milliseconds that the sealing after a run waits for other writers, and the seals that it makes at most. */
const [sealPatience, sealsAfterRun] = [2000, 50] as const

/** The world's side of the workflows, over what it is given. */
export function createActivities(world: ActivityWorld): Activities {
  const { store, clock } = world
  return {
    async beginRun({ runId, source, kind, requestedBy, workflowId }) {
      world.openSource(source)
      const policySet = await store.policySets.readInForce(store.database)
      const run = { id: runId, source, kind, requestedBy, workflowId, policySet }
      return beginRunOf(store, run, clock, Context.current().cancellationSignal)
    },

    readSource: ({ runId, source }) =>
      withHeartbeat(async (beat) => {
        const { signal } = beat
        const opened = world.openSource(source)
        const { mapping, bringsGroups, changes } = opened
        const options: ReadOptions = {
          signal,
          unknownGroups: 'kept',
          onProgress: ({ entries }) => beat.at(entries),
        }
        const outcome = await stageRead(world, {
          runId,
          source,
          mapping,
          bringsGroups,
          rows: (recognise) => opened.readAll({ ...options, recognise }),
          ...(changes && {
            changes: { place: changes.place, rows: (mark) => changes.readChanges(mark, options) },
          }),
          onStaged: beat.at,
        })
        return { entries: outcome.entries, complete: outcome.complete }
      }),

    drainSome: ({ runId, cursor }) =>
      withHeartbeat(async (beat) => {
        let [at, decided, effects] = [cursor, 0, 0]
        for (let batch = 0; batch < batchesInDrain; batch += 1) {
          beat.signal.throwIfAborted()
          const step = await drainBatch(world, runId, at)
          decided += step.decided
          effects += step.effects
          at = step.cursor
          beat.at(decided)
          if (at === null) break
        }
        return { cursor: at, decided, effects }
      }),

    weighRun: ({ runId }) => weighRun(world, runId, world.brake),

    releaseSome: ({ runId }) => withHeartbeat(() => releaseBatch(world, runId)),

    async finishRun({ runId, end }) {
      const ended = await endRun(world, runId, end)
      // What is left, or fails, is the next sweep's.
      await sealAudit(world, sealPatience, sealsAfterRun).catch(world.onFault)
      return ended
    },

    async sweepOnce() {
      Context.current().heartbeat()
      return sweepUnattended(world)
    },
  }
}
