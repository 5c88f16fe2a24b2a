export type { Activities } from './activities.ts'
export { createActivities } from './create-activities.ts'
export { scrubFaults } from './scrub-faults.ts'
