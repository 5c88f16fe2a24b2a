import { setTimeout as delay } from 'node:timers/promises'
import { MusterError } from '../domain/error.ts'
import { startTemporal, type Temporal, type TemporalOptions } from './temporal.ts'
import { findTemporalCli, type TemporalCliSearch } from './temporal-cli.ts'
import { askForNamespace, registerNamespace } from './temporal-namespace.ts'

/** A Temporal server to work with: ours, or one that somebody else runs, which has no pid for us. */
export type LaunchedTemporal = Omit<Temporal, 'pid'> & { readonly pid: number | null }

const ANSWER_WITHIN_MS = 15_000
const LOOK_EVERY_MS = 200

/**
 * Uses the server that TEMPORAL_ADDRESS in the environment names, else starts one with a CLI found by
 * `findTemporalCli`. Throws MusterError `temporal-unavailable` with what to do about it.
 */
export async function launchTemporal(
  options: Omit<TemporalOptions, 'cli'> & TemporalCliSearch,
): Promise<LaunchedTemporal> {
  const address = options.environment['TEMPORAL_ADDRESS']
  if (address) return useServer(address, options.namespace)
  return startTemporal({ ...options, cli: await findTemporalCli(options) })
}

async function useServer(address: string, namespace: string): Promise<LaunchedTemporal> {
  const state = await waitForAnswer(address, namespace)
  if (state === 'unreachable') {
    throw new MusterError(
      'temporal-unavailable',
      `Nothing answers at ${address}, which TEMPORAL_ADDRESS names.`,
    )
  }
  if (state === 'missing') await makeNamespace(address, namespace)
  return {
    address,
    uiUrl: null,
    pid: null,
    exited: new Promise(() => undefined),
    stop: async () => undefined,
  }
}

async function waitForAnswer(address: string, namespace: string) {
  const deadline = performance.now() + ANSWER_WITHIN_MS
  for (;;) {
    const state = await askForNamespace(address, namespace)
    if (state !== 'unreachable' || performance.now() > deadline) return state
    await delay(LOOK_EVERY_MS)
  }
}

async function makeNamespace(address: string, namespace: string): Promise<void> {
  try {
    await registerNamespace(address, namespace)
  } catch (cause) {
    const message = `The Temporal server at ${address} has no namespace "${namespace}" and does not let us make it.`
    throw new MusterError('temporal-unavailable', message, { cause })
  }
}
