import type { CliContext, OpenedStore } from './context.ts'

/** Runs `work` on the opened store and closes it, however the work ends. */
export async function withStore<Result>(
  context: CliContext,
  work: (opened: OpenedStore) => Promise<Result>,
): Promise<Result> {
  const opened = await context.openStore()
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}
