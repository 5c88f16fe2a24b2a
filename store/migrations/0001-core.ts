import type { Migration } from './migration.ts'

/**
 * Layout A of the measurements in docs/decisions/0001: origins and denials as jsonb in the row they explain, one
 * audit row for each identity and plan, and no foreign keys on the tables that are written in bulk (they cost
 * half as much again; identity ids are never reused, and a test looks for orphans instead).
 */
export const core: Migration = {
  name: '0001-core',
  up: `
create table sources (
  name text primary key,
  type text not null,
  configured boolean not null default true,
  last_proved_at timestamptz,
  last_proved_run uuid,
  last_run uuid
);

create table source_records (
  source text not null,
  external_id text not null,
  id uuid not null,
  identity_id uuid,
  hash bytea not null,
  active boolean not null,
  inactive_from timestamptz,
  country text,
  groups jsonb,
  attributes jsonb not null,
  link text not null check (link in ('created', 'key', 'manual', 'none')),
  link_fault text,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  changed_run uuid,
  missing_since timestamptz,
  missing_run uuid,
  primary key (source, external_id)
);
create index source_records_identity on source_records (identity_id);
create index source_records_not_linked on source_records (source) where identity_id is null;
create index source_records_missing on source_records (source) where missing_since is not null;

create table correlation_keys (
  name text not null,
  key text not null,
  source text not null,
  external_id text not null,
  identity_id uuid not null,
  primary key (name, key, source, external_id)
);
create index correlation_keys_record on correlation_keys (source, external_id);

create table correlation_overrides (
  source text not null,
  external_id text not null,
  kind text not null check (kind in ('link', 'unlink')),
  identity_id uuid not null,
  actor_kind text not null,
  actor_id text not null,
  reason text,
  at timestamptz not null,
  primary key (source, external_id, kind, identity_id)
);

create table identities (
  id uuid primary key,
  user_name text,
  user_name_key text,
  active boolean not null,
  attributes jsonb not null,
  addresses jsonb not null,
  sources text[] not null,
  inactive_from timestamptz,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  left_at timestamptz
);
create index identities_user_name on identities (user_name_key);

-- Apart from identities, so that marking or draining never rewrites the row that holds the attributes.
create table identity_states (
  identity_id uuid primary key,
  revision bigint not null,
  due_at timestamptz,
  due_reason text,
  due_run uuid,
  review_at timestamptz,
  decided_at timestamptz,
  decided_set text,
  unusable jsonb
) with (fillfactor = 80);
create index identity_states_due on identity_states (due_at) where due_at is not null;
create index identity_states_review on identity_states (review_at) where review_at is not null;

create table rights (
  identity_id uuid not null,
  factor text not null,
  effective boolean not null,
  clients jsonb,
  origins jsonb not null,
  denials jsonb not null,
  primary key (identity_id, factor)
);

create table enrollments (
  id uuid primary key,
  identity_id uuid not null,
  factor text not null,
  address text not null,
  key text not null,
  origins jsonb not null,
  proof text not null check (proof in ('none', 'asserted', 'attested', 'proven')),
  proof_required boolean not null,
  replaces uuid,
  disabled jsonb,
  locked_until timestamptz,
  undeliverable_since timestamptz,
  unwanted_since timestamptz,
  removed jsonb,
  enrolled_at timestamptz not null,
  address_changed_at timestamptz,
  last_used jsonb,
  status text check (status in ('disabled', 'locked', 'undeliverable', 'pending', 'suspended', 'active')),
  status_reason text,
  status_by text,
  status_since timestamptz not null
) with (fillfactor = 80);
create unique index enrollments_address on enrollments (identity_id, factor, key);
create index enrollments_unwanted on enrollments (unwanted_since) where unwanted_since is not null;

create table policy_sets (
  id text primary key,
  documents jsonb not null,
  conditions jsonb not null,
  settings jsonb not null,
  loaded_at timestamptz not null,
  loaded_by text not null
);

-- One row. Writers of a set take it FOR UPDATE, appliers of a plan FOR SHARE: no plan outlives its set.
create table policy_set_in_force (
  one boolean primary key default true check (one),
  policy_set text references policy_sets,
  since timestamptz
);
insert into policy_set_in_force (one) values (true);

create table runs (
  id uuid primary key,
  source text,
  kind text not null check (kind in ('full', 'changes', 'policies')),
  status text not null check (status in ('running', 'completed', 'held', 'failed', 'cancelled')),
  workflow_id text,
  requested_by jsonb not null,
  policy_set text,
  started_at timestamptz not null,
  ended_at timestamptz,
  read jsonb,
  records jsonb not null default '{}',
  identities jsonb not null default '{}',
  effects jsonb not null default '{}',
  brakes jsonb not null default '[]',
  unusable jsonb not null default '{}',
  seconds jsonb not null default '{}',
  fault jsonb
);
-- One run of a source at a time: who loses the insert joins the run that goes on.
create unique index runs_one_running on runs (coalesce(source, '')) where status = 'running';
create index runs_newest on runs (started_at desc, id);

-- What a run would take away: parked until its brake lets it pass or a person decides.
create table parked_effects (
  identity_id uuid primary key,
  run_id uuid not null,
  revision bigint not null,
  policy_set text not null,
  effects jsonb not null
);
create index parked_effects_run on parked_effects (run_id);

create table audit_events (
  id uuid primary key,
  at timestamptz not null,
  action text not null,
  actor_kind text not null,
  actor_id text not null,
  identity_id uuid,
  run_id uuid,
  policy_set text,
  effects jsonb,
  reason text,
  detail jsonb
);
create index audit_events_identity on audit_events (identity_id, id);
create index audit_events_run on audit_events (run_id) where run_id is not null;

-- Adds the numbers of two flat objects, key by key: how run counters grow inside the transaction that they count.
create function add_counts(a jsonb, b jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(key, total), '{}'::jsonb)
  from (select key, sum(value::numeric) as total
        from (select key, value from jsonb_each_text(a) union all select key, value from jsonb_each_text(b)) both_sides
        group by key) summed
$$;
`,
}
