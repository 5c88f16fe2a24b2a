import { MusterError } from '../domain/error.ts'
import type { CliContext, Nudge } from './context.ts'
import { writeLines } from './output/write.ts'

/**
 * Tells the workflows that there is work. What was written is kept already, so a Temporal that does not answer is a
 * remark and no fault: the sweep finds the work within a minute of its return.
 */
export async function wakeWorkflows(context: CliContext, nudge: Nudge): Promise<void> {
  try {
    await context.nudge(nudge)
  } catch (fault) {
    const why = fault instanceof MusterError ? fault.message : 'Temporal does not answer.'
    await writeLines(context.io.err, [`Kept; it takes effect when the workflows run again. ${why}`])
  }
}
