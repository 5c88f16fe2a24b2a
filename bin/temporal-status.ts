import type { Client } from '@temporalio/client'
import type { TemporalStatus } from '../domain/status-view.ts'

/** `temporal.api.enums.v1.TaskQueueType`. */
const workflowQueue = 1
const activityQueue = 2

/** Asks Temporal about itself and one task queue. */
export async function readTemporalStatus(
  client: Client,
  address: string,
  taskQueue: string,
): Promise<TemporalStatus> {
  const { namespace } = client.options
  const ask = (taskQueueType: number) =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType,
      reportStats: true,
    })
  const [system, workflows, activities] = await Promise.all([
    client.workflowService.getSystemInfo({}),
    ask(workflowQueue),
    ask(activityQueue),
  ])
  const backlog = [workflows, activities].map(({ stats }) => Number(stats?.approximateBacklogCount ?? 0))
  return {
    address,
    namespace,
    version: system.serverVersion ?? 'unknown',
    queue: {
      name: taskQueue,
      backlog: backlog.reduce((sum, count) => sum + count, 0),
      pollers: { workflows: workflows.pollers?.length ?? 0, activities: activities.pollers?.length ?? 0 },
    },
  }
}
