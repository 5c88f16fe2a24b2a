/** The entry of the workflow bundle: every workflow that a worker runs. */
export { deliverChallenge } from './deliver-challenge.ts'
export { drainDue } from './drain-due.ts'
export { reconcileSource } from './reconcile-source.ts'
export { settleRun } from './settle-run.ts'
export { sweep } from './sweep.ts'
