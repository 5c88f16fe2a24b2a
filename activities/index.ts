export type { Activities } from './activities.ts'
export { createActivities } from './create-activities.ts'
