import type { Migration } from './migration.ts'

/**
 * The statements within are planned once for all batches: with a batch's own arrays the planner expects fewer rows than
 * without, takes that for a gain, and so plans each statement anew for every batch, which takes longer than running it.
 */
export const plansOfFreshUsers: Migration = {
  name: '0010-plans-of-fresh-users',
  up: `
alter function lock_correlation_keys(text[], text[]) set plan_cache_mode = force_generic_plan;
alter function insert_fresh_users(text, timestamptz, text[], text[], text[], text[], uuid[], jsonb, jsonb, jsonb, jsonb,
  jsonb) set plan_cache_mode = force_generic_plan;
`,
}
