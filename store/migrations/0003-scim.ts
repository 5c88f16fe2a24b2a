import type { Migration } from './migration.ts'

/**
 * What connections push. A user is a resource here and a source record beside it, of the same id; folded keys are
 * made once in code (`foldKey`) and compared plainly. Addresses that filters ask for stand in a table of their own,
 * and so do memberships: no list of members is ever loaded to change one.
 */
export const scim: Migration = {
  name: '0003-scim',
  up: `
create table scim_users (
  id uuid primary key,
  source text not null,
  user_name_key text not null,
  external_id text,
  display_name_key text,
  active boolean not null,
  version bigint not null default 1,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  document jsonb not null
) with (fillfactor = 80);
create unique index scim_users_user_name on scim_users (source, user_name_key);
create index scim_users_external_id on scim_users (source, external_id) where external_id is not null;
create index scim_users_display_name on scim_users (source, display_name_key) where display_name_key is not null;
create unique index scim_users_order on scim_users (source, id);
create index scim_users_modified on scim_users (source, modified_at, id);

create table scim_addresses (
  user_id uuid not null references scim_users on delete cascade,
  source text not null,
  attribute text not null check (attribute in ('emails', 'phoneNumbers')),
  value_key text not null
);
create index scim_addresses_value on scim_addresses (source, attribute, value_key);
create index scim_addresses_user on scim_addresses (user_id);

create table scim_groups (
  id uuid primary key,
  source text not null,
  display_name text not null,
  display_name_key text not null,
  external_id text,
  version bigint not null default 1,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  document jsonb not null
) with (fillfactor = 80);
create unique index scim_groups_display_name on scim_groups (source, display_name_key);
create index scim_groups_external_id on scim_groups (source, external_id) where external_id is not null;
create unique index scim_groups_order on scim_groups (source, id);
create index scim_groups_modified on scim_groups (source, modified_at, id);

create table scim_members (
  group_id uuid not null references scim_groups on delete cascade,
  user_id uuid not null references scim_users on delete cascade,
  primary key (group_id, user_id)
);
create index scim_members_user on scim_members (user_id);

create table scim_nested_groups (
  group_id uuid not null references scim_groups on delete cascade,
  child_id uuid not null references scim_groups on delete cascade,
  primary key (group_id, child_id),
  check (group_id <> child_id)
);
create index scim_nested_groups_child on scim_nested_groups (child_id);

-- What a connection is doing. Written by servers every second at most, never by a request itself.
create table scim_connections (
  source text primary key,
  last_request_at timestamptz,
  requests bigint not null default 0,
  -- Refused requests by kind: the scimType, else the status.
  refused jsonb not null default '{}',
  -- Digest of what shaped its identities; another one in the configuration means that they are composed anew.
  derived_with text,
  derived_until uuid
);

-- The newest refused requests of each connection, with addresses masked.
create table scim_refusals (
  id uuid primary key,
  source text not null,
  at timestamptz not null,
  method text not null,
  -- The path without its query, which may name a person.
  path text not null,
  status smallint not null,
  kind text not null,
  detail text not null
);
create index scim_refusals_newest on scim_refusals (source, id desc);

-- A record whose source said itself that the person is gone: it no longer counts as live, but a deciding source that
-- deleted a person keeps them switched off until it brings them back (docs/decisions/0008).
alter table source_records add column deleted_at timestamptz;
create index source_records_deleted on source_records (source) where deleted_at is not null;
`,
}
