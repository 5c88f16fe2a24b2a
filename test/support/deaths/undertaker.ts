import { setTimeout as delay } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import type { Life } from './installation.ts'

/** Tells Temporal at once what it would find out by itself after up to a minute. */
export interface Undertaker {
  /** From now on this worker is known to be dead. */
  bury(life: Life): void
  close(): Promise<void>
}

const lookEvery = 200

/**
 * Looks at every workflow that goes on: what a dead worker had begun fails, as after a minute without its heartbeat, and
 * what would be given to it, because it knows the workflow, is given to anybody, as after ten seconds.
 */
export async function startUndertaker(address: string, namespace: string): Promise<Undertaker> {
  const connection = await Connection.connect({ address })
  const client = new Client({ connection, namespace })
  const dead = new Set<string>()
  const over = new AbortController()
  // Temporal may not answer once; the next look is as good.
  const isLookedAt = (isNew: boolean) =>
    look(client, namespace, dead, isNew).then(
      () => true,
      () => false,
    )
  const work = (async () => {
    for (let known = 0; !over.signal.aborted; ) {
      const { size } = dead
      if (size > 0 && (await isLookedAt(size > known))) known = size
      await delay(lookEvery)
    }
  })()
  return {
    bury: ({ pid }) => dead.add(`${pid}@`),
    close: async () => {
      over.abort()
      await work
      await connection.close()
    },
  }
}

async function look(
  client: Client,
  namespace: string,
  dead: ReadonlySet<string>,
  isNew: boolean,
): Promise<void> {
  for await (const { workflowId, runId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    // It may end meanwhile.
    const execution = { workflowId, runId }
    if (isNew)
      await client.workflowService.resetStickyTaskQueue({ namespace, execution }).catch(() => undefined)
    await failLost(client, execution, dead).catch(() => undefined)
  }
}

async function failLost(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  dead: ReadonlySet<string>,
): Promise<void> {
  const { raw } = await client.workflow.getHandle(execution.workflowId, execution.runId).describe()
  for (const { activityId, lastWorkerIdentity } of raw.pendingActivities ?? []) {
    if (![...dead].some((prefix) => lastWorkerIdentity?.startsWith(prefix) === true)) continue
    await client.activity.fail(
      { ...execution, activityId: activityId ?? '' },
      new Error('its worker was killed'),
    )
  }
}
