import { createInterface } from 'node:readline'
import type { DrainStep, DrainWorld } from '../../application/drain-due.ts'
import type { MergeWorld } from '../../application/merge-rows.ts'
import type { Configuration } from '../../config/configuration.ts'

/**
 * Does the work of a run, step by step in the order of the workflow `reconcileSource`, in a process that is killed
 * while it does: `mortal-reconciler BUILD`. It takes one order a line (`Order`) and says what it begins and what came of
 * it. What came of a step is what Temporal would have written down: the next process is given it, goes past these
 * steps and begins with the one that was under way. Built code, because it is started again and again.
 */
export interface Order {
  readonly configuration: string
  readonly databaseUrl: string
  readonly runId: string
  /** Null: a roll-out of policies, begun by whoever put them in force. */
  readonly source: string | null
  /** RFC 3339: the clock stands still for a run, so that two tellings of it can be compared. */
  readonly now: string
  /** What came of the steps that are over. */
  readonly history: readonly unknown[]
}

export type Said =
  | { readonly ready: true }
  | { readonly begun: string }
  | { readonly result: unknown }
  | { readonly over: string }

type Build = <Module>(path: string) => Promise<Module>
const fromBuild: Build = (path) => import(`${process.argv[2]}${path}`)

const { stageRead } =
  await fromBuild<typeof import('../../application/stage-read.ts')>('application/stage-read.js')
const { drainBatch } =
  await fromBuild<typeof import('../../application/drain-due.ts')>('application/drain-due.js')
const settling =
  await fromBuild<typeof import('../../application/settle-run.ts')>('application/settle-run.js')
const { createDecider } =
  await fromBuild<typeof import('../../bin/compose/decider.ts')>('bin/compose/decider.js')
const { derivationOf } =
  await fromBuild<typeof import('../../bin/compose/derivation.ts')>('bin/compose/derivation.js')
const { openSources } =
  await fromBuild<typeof import('../../bin/compose/sources.ts')>('bin/compose/sources.js')
const { loadConfiguration } = await fromBuild<typeof import('../../config/load-configuration.ts')>(
  'config/load-configuration.js',
)
const { openDatabase } = await fromBuild<typeof import('../../store/database.ts')>('store/database.js')
const { openStore } = await fromBuild<typeof import('../../store/store.ts')>('store/store.js')
const { v7: newId } = await import('uuid')

say({ ready: true })
for await (const line of createInterface({ input: process.stdin })) await obey(JSON.parse(line))

async function obey(order: Order): Promise<void> {
  const loaded = await loadConfiguration({ file: order.configuration, env: {} })
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
  const { configuration } = loaded
  const database = openDatabase({
    url: order.databaseUrl,
    poolSize: 5,
    applicationName: 'muster-test-mortal',
  })
  const store = openStore(database)
  const clock = () => new Date(order.now)
  const world = {
    store,
    clock,
    newId,
    derivation: derivationOf(configuration),
    decider: createDecider(store),
    graceMs: configuration.grace,
  }
  const step = tellSteps(order.history)
  if (order.source !== null) await readSource(world, { ...order, source: order.source, configuration }, step)
  await settle(world, order.runId, step)
  await database.destroy()
}

type Step = <Result>(kind: string, work: () => Promise<Result>) => Promise<Result>

/** Does a step, or answers what came of it in an earlier life. */
function tellSteps(history: readonly unknown[]): Step {
  const told = [...history]
  return async <Result>(kind: string, work: () => Promise<Result>) => {
    if (told.length > 0) return told.shift() as Result
    say({ begun: kind })
    const result = await work()
    say({ result: result ?? null })
    return result
  }
}

async function readSource(
  world: MergeWorld,
  {
    runId,
    source: name,
    configuration,
  }: { readonly runId: string; readonly source: string; readonly configuration: Configuration },
  step: Step,
): Promise<void> {
  const source = openSources(configuration, world.clock)(name)
  const requestedBy = { kind: 'system', id: 'test' } as const
  const run = {
    id: runId,
    source: name,
    kind: 'full',
    requestedBy,
    workflowId: null,
    policySet: null,
  } as const
  await step('begin', () => world.store.runs.insertRun(world.store.database, run, world.clock()))
  await step('read', async () => {
    const { signal } = new AbortController()
    const { entries } = await stageRead(world, {
      runId,
      source: name,
      mapping: source.mapping,
      bringsGroups: source.bringsGroups,
      rows: (recognise) => source.readAll({ signal, unknownGroups: 'kept', recognise }),
      onStaged: () => undefined,
    })
    return entries
  })
}

async function settle(world: DrainWorld, runId: string, step: Step): Promise<void> {
  const drain = async (): Promise<number> => {
    let decided = 0
    let cursor: string | null = null
    do {
      const from: string | null = cursor
      const done: DrainStep = await step('drain', () => drainBatch(world, runId, from))
      decided += done.decided
      cursor = done.cursor
    } while (cursor !== null)
    return decided
  }
  while ((await drain()) > 0);
  const limit = { percent: 100, atLeast: 50 }
  await step('weigh', () => settling.weighRun(world, runId, limit))
  const release = () => step('release', () => settling.releaseBatch(world, runId))
  for (let done = await release(); done.released + done.again > 0; done = await release());
  say({ over: await step('finish', () => settling.endRun(world, runId, 'settled')) })
}

function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}
