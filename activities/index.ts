export { createActivities } from './create-activities.ts'
export { scrubFaults } from './scrub-faults.ts'
