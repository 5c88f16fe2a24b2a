import type { Migration } from './migration.ts'

/**
 * Audit events are numbered in the order in which they were written, and sealed batch by batch: what was sealed cannot
 * change unseen (docs/decisions/0009). The number is given by the database, so that bulk writes stay as they are.
 */
export const auditChain: Migration = {
  name: '0006-audit-chain',
  up: `
alter table audit_events add column number bigint generated always as identity;
create unique index audit_events_number on audit_events (number);

create table audit_seals (
  number bigint primary key,
  -- A summary stands for all seals up to its number, whose events were removed by retention.
  kind text not null check (kind in ('batch', 'summary')),
  -- Numbers of events: a batch holds all of them from the batch before to its last one.
  first_event bigint not null,
  last_event bigint not null,
  events bigint not null,
  -- How many events of each action.
  actions jsonb not null,
  oldest timestamptz not null,
  newest timestamptz not null,
  -- SHA-256 over the hashes of its events; of a summary the last batch's.
  content bytea not null,
  -- The hash of the seal before; 32 zero bytes for the first.
  previous bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null,
  -- Id and the first 8 bytes of the hash of each event in order, so that a fault can be named. Null in a summary.
  marks bytea
);
alter table audit_seals alter column marks set storage external;

-- For everybody, the owner included; who may disable triggers can go round it, and muster_run may not.
create function refuse_audit_change() returns trigger language plpgsql as $$
declare
  callers text;
begin
  get diagnostics callers = pg_context;
  if callers ~ '\\nPL/pgSQL function remove_sealed_events\\(' then return null; end if;
  raise exception 'Rows of % are never changed or removed.', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_events_append_only before update or delete or truncate on audit_events
  for each statement execute function refuse_audit_change();
create trigger audit_seals_append_only before update or delete or truncate on audit_seals
  for each statement execute function refuse_audit_change();

-- Retention: removes the events of the oldest seals, at most so many seals, whose events are all older than the given
-- time (and than 30 days, whatever is asked), and leaves one summary for all that was ever removed. The newest seal
-- stays. Whoever runs Muster has no right to delete: this function has the owner's.
create function remove_sealed_events(before timestamptz, most integer) returns setof audit_seals
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  bound timestamptz := least(before, now() - interval '30 days');
  final audit_seals;
  summary audit_seals;
  expected bigint;
  gone bigint;
begin
  perform pg_advisory_xact_lock(7238216004);
  select * into final from audit_seals where number = (
    select max(number) from (
      select number, bool_and(newest < bound) over (order by number) as is_old
      from audit_seals where kind = 'batch' and number < (select max(number) from audit_seals)
      order by number limit most) oldest_seals
    where is_old);
  if final.number is null then return; end if;
  select sum(events) into expected from audit_seals where kind = 'batch' and number <= final.number;
  delete from audit_events where number <= final.last_event;
  get diagnostics gone = row_count;
  if gone <> expected then
    raise exception 'Sealed audit events are not as many as were sealed: nothing was removed.' using errcode = 'data_corrupted';
  end if;
  select final.number, 'summary', min(first_event), final.last_event, sum(events),
    (select jsonb_object_agg(action, total) from (
      select key as action, sum(value::numeric) as total
      from audit_seals counted, jsonb_each_text(counted.actions) where counted.number <= final.number group by key) by_action),
    min(oldest), max(newest), final.content, final.previous, final.hash, now(), null
    into summary from audit_seals where number <= final.number;
  delete from audit_seals where number <= final.number;
  insert into audit_seals select summary.*;
  return next summary;
end $$;
revoke execute on function remove_sealed_events from public;
`,
}
