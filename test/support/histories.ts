import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Client } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'

const folder = fileURLToPath(new URL('../histories/', import.meta.url))

/** Histories that were recorded from real runs, by file name. */
export function readHistories(): ReadonlyMap<string, object> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(`${folder}${name}`, 'utf8'))]))
}

/**
 * Writes the history of one closed workflow of each type (or of one) and outcome to `test/histories`, when MUSTER_RECORD is set:
 * done by hand when a workflow's commands change on purpose.
 */
export async function recordHistories(client: Client, workflowType: string | null = null): Promise<void> {
  if (process.env['MUSTER_RECORD'] === undefined) return
  const recorded = new Set<string>()
  const type = workflowType === null ? '' : ` and WorkflowType = '${workflowType}'`
  for await (const execution of client.workflow.list({ query: `ExecutionStatus != 'Running'${type}` })) {
    const handle = client.workflow.getHandle(execution.workflowId, execution.runId)
    const outcome =
      execution.status.name === 'COMPLETED' ? await outcomeOf(handle.result()) : execution.status.name
    const name = `${execution.type}-${outcome}`.toLowerCase()
    if (recorded.has(name)) continue
    recorded.add(name)
    writeFileSync(`${folder}${name}.json`, `${historyToJSON(await handle.fetchHistory())}\n`)
  }
}

async function outcomeOf(result: Promise<unknown>): Promise<string> {
  const value = await result
  return typeof value === 'object' && value !== null && 'status' in value ? String(value.status) : 'completed'
}
