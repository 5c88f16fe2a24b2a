import type { Migration } from './migration.ts'

/**
 * What is only ever read whole is kept as it was written: making `jsonb` of it, which sorts its keys and counts them out,
 * was a fifth of what PostgreSQL had to do for a first load. `identities.attributes`, which filters look into, stays what
 * it is. Of audit events the text is what was hashed, and stays the same too.
 */
export const jsonAsWritten: Migration = {
  name: '0011-json-as-written',
  up: `
alter table source_records alter column attributes type json;
alter table identities alter column addresses type json;
alter table identity_states alter column unusable type json;
alter table rights alter column origins type json, alter column denials type json;
alter table enrollments alter column origins type json;
alter table audit_events alter column effects type json;
`,
}
