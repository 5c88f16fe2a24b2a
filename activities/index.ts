export { createActivities } from './create-activities.ts'
export { createDeliveryActivities } from './create-delivery-activities.ts'
export { scrubFaults } from './scrub-faults.ts'
