import type { Migration } from './migration.ts'

/** What a source sent of an entry, in 16 bytes: an entry with the same ones need not be decoded again. */
export const fingerprints: Migration = {
  name: '0004-fingerprints',
  up: 'alter table source_records add column fingerprint bytea',
}
