import type { Migration } from './migration.ts'

/** Challenges go after a while, with their deliveries; and a database knows where it stood, so that a copy is told. */
export const retention: Migration = {
  name: '0007-retention',
  up: `
-- What a challenge that goes takes with it is found by this.
create index deliveries_challenge on deliveries (challenge_id) where challenge_id is not null;

-- One row. Server, database and timeline that processes last started on: others mean that this is a restored copy.
create table installation (
  one boolean primary key default true check (one),
  place text
);
insert into installation (one) values (true);
`,
}
