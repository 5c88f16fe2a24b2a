import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Run } from '../../domain/run.ts'
import { readPopulation } from '../../store/read/population.ts'
import { describePopulation, describeRun } from '../output/run-report.ts'
import { describeDemonstration } from './demonstration.ts'
import { type EmbeddedOptions, type EmbeddedStack, startEmbeddedStack } from './embedded-stack.ts'
import { putPolicyFolderInForce } from './policy-folder.ts'
import { requestRun, startSettling, waitForRun } from './request-run.ts'

export interface UpOptions extends EmbeddedOptions {
  /** Reconcile every source, report and end. */
  readonly once: boolean
  /** Called with lines for people; nothing of it when the caller wants JSON. */
  readonly say: (line: string) => void
}

export interface UpResult {
  readonly runs: readonly Run[]
  /** A sentence where a part of the stack broke, or what was asked was not done. */
  readonly broken: string | null
}

/** The whole of `muster up`: start, first reconciliation, report, and then until it is told to end. */
export async function runUp(options: UpOptions): Promise<UpResult> {
  const started = performance.now()
  const stack = await startUninterrupted(options)
  if (stack === null) return endedEarly(options)
  const over = new AbortController()
  try {
    const ended = Promise.race([stack.broken, endOf(options.interrupted)])
    const work = reconcileAndReport(stack, { ...options, over: over.signal }, started)
    const first = await Promise.race([work.then((runs) => ({ runs })), ended.then((how) => ({ how }))]).catch(
      (fault: unknown) => explain(fault, stack),
    )
    if (options.interrupted.aborted) return endedEarly(options)
    if ('how' in first) return { runs: [], broken: first.how }
    const how = options.once ? null : await ended
    return { runs: first.runs, broken: options.interrupted.aborted ? null : how }
  } finally {
    options.onProgress('Ending what was started …')
    over.abort()
    await stack.stop()
  }
}

/** `over` fires when the stack ends: whoever still waits for something of it would hold the process. */
type WorkOptions = UpOptions & { readonly over: AbortSignal }

async function reconcileAndReport(
  stack: EmbeddedStack,
  options: WorkOptions,
  started: number,
): Promise<readonly Run[]> {
  const runs = await reconcileAll(stack, options)
  await report(stack, options, runs, started)
  return runs
}

/** Null: the operator asked for the end before everything had started. */
async function startUninterrupted(options: UpOptions): Promise<EmbeddedStack | null> {
  try {
    return await startEmbeddedStack(options)
  } catch (fault) {
    if (options.interrupted.aborted) return null
    throw fault
  }
}

/** Ctrl-C is how a stack ends; of a script's `--once` it is the failure to do what was asked. */
function endedEarly({ once: isOnce }: UpOptions): UpResult {
  return { runs: [], broken: isOnce ? 'Interrupted before every source was read.' : null }
}

/** Milliseconds that the end of a process may be known later than the end of its connections. */
const newsDelay = 1000

/** Where a part of the stack has ended, that is the reason; what failed because of it is not. */
async function explain(fault: unknown, { broken }: EmbeddedStack): Promise<{ readonly how: string }> {
  const how = await Promise.race([broken, delay(newsDelay, null)])
  if (how === null) throw fault
  return { how }
}

/** Sources that were never read, or all of them with `once`, those that are pushed left out; first the policies, so that one decision is enough. */
async function reconcileAll(stack: EmbeddedStack, options: WorkOptions): Promise<readonly Run[]> {
  const { configuration, store, temporal } = stack
  const actor = { kind: 'system', id: 'up' } as const
  const loaded = await putPolicyFolderInForce(configuration, store, configuration.policies, actor)
  const runs: Run[] = []
  if (loaded.runId !== null) {
    options.onProgress(`Policies: ${loaded.documents} documents are in force.`)
    await startSettling(temporal.client, loaded.runId)
    const run = await waitForRun(store, loaded.runId, undefined, options.over)
    if (loaded.due > 0) runs.push(run)
  }
  for (const [source, { pushed }] of Object.entries(configuration.sources)) {
    if (pushed) continue
    if (!options.once && (await wasRead(stack, source))) continue
    options.onProgress(`Reading ${source} …`)
    const request = { source, kind: 'full', requestedBy: actor } as const
    const runId = await requestRun(temporal.client, request, options.over)
    runs.push(await waitForRun(store, runId, progressOf(source, options), options.over))
  }
  return runs
}

async function wasRead({ store }: EmbeddedStack, source: string): Promise<boolean> {
  const rows = await store
    .database('sources')
    .where({ name: source })
    .whereNotNull('last_proved_at')
    .select('name')
  return rows.length > 0
}

function progressOf(source: string, { onProgress }: UpOptions): (run: Run) => void {
  let last = 0
  let said = ''
  return ({ records, effects }) => {
    const line = `  ${source}: ${records.added + records.changed} records taken, ${effects.enrolled} addresses enrolled …`
    if (performance.now() - last < 1000 || line === said) return
    last = performance.now()
    said = line
    onProgress(line)
  }
}

async function report(
  stack: EmbeddedStack,
  options: UpOptions,
  runs: readonly Run[],
  started: number,
): Promise<void> {
  const { say } = options
  for (const run of runs) for (const line of describeRun(run)) say(line)
  say('')
  for (const line of describePopulation(await readPopulation(stack.store.database))) say(line)
  say(`Ready after ${((performance.now() - started) / 1000).toFixed(1)} s.`)
  if (options.once) return
  const who = (await findExample(stack)) ?? 'WHO'
  say('')
  say('Try next, in another terminal:')
  say('  npx muster identities list')
  say(`  npx muster identities show ${who}        what one person has, and why`)
  say(`  npx muster policies decide --who ${who}  what the policies say, rule by rule`)
  say('  npx muster status')
  const demonstration = await describeDemonstration(stack)
  if (demonstration.length > 0) say('')
  for (const line of demonstration) say(line)
  say('')
  say('Ctrl-C ends everything that was started here.')
}

/** Somebody worth looking at: active, with most addresses in use. */
async function findExample({ store }: EmbeddedStack): Promise<string | null> {
  const { rows } = await store.database.raw<{ rows: { userName: string }[] }>(`
    select i.user_name as "userName" from identities i join enrollments e on e.identity_id = i.id and e.status = 'active'
    where i.active and i.user_name is not null group by i.user_name order by count(*) desc, i.user_name limit 1`)
  return rows[0]?.userName ?? null
}

async function endOf(signal: AbortSignal): Promise<string> {
  if (!signal.aborted) await once(signal, 'abort')
  return 'interrupted'
}
