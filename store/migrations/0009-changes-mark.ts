import type { Migration } from './migration.ts'

/**
 * From where the changes of a source can be read, and what that belongs to: md5 of the place it comes from and of all
 * that shapes its records.
 */
export const changesMark: Migration = {
  name: '0009-changes-mark',
  up: 'alter table sources add column changes_mark text, add column changes_place bytea',
}
