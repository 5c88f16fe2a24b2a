import type { Migration } from './migration.ts'

/**
 * Users whom no key finds, made in one round trip: each statement of a volatile function sees what was committed before
 * it, so that keys are looked up after their locks are held, as two statements of a transaction would do it.
 */
export const freshUsers: Migration = {
  name: '0005-fresh-users',
  up: `
-- The locks of correlation for a few keys, in one order. Beside a read that holds everything, nobody gets them.
create function lock_correlation_keys(names text[], keys text[]) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7238216002);
  perform pg_advisory_xact_lock(7238216003000 + slot)
  from (select distinct mod(hashtext(name || ':' || key), 4096) as slot
        from unnest(names, keys) asked(name, key) order by slot) in_order;
end $$;

-- The records of these keys of which one, by a name that is looked up, leads to somebody.
create function find_known_records(lookups text[], names text[], keys text[], external_ids text[]) returns text[]
language plpgsql as $$
begin
  return array(
    select distinct k.external_id from unnest(names, keys, external_ids) k(name, key, external_id)
    cross join lateral (select from correlation_keys c where c.name = k.name and c.key = k.key limit 1) hit
    where k.name = any(lookups));
end $$;

-- Users with their addresses, records, keys, identities, due marks and audit events. Where a key of any leads to somebody,
-- writes nothing and answers those records; else the answer is empty. Whoever comes first with the same key at the same
-- moment makes this one fail as a lost conflict.
create function insert_fresh_users(the_source text, given_at timestamptz, lookups text[], names text[], keys text[],
  external_ids text[], identity_ids uuid[], users jsonb, address_keys jsonb, records jsonb, people jsonb, events jsonb)
returns text[] language plpgsql as $$
declare
  known text[] := find_known_records(lookups, names, keys, external_ids);
begin
  if cardinality(known) > 0 then return known; end if;
  insert into scim_users (id, source, user_name_key, external_id, display_name_key, active, created_at, modified_at, document)
  select id, the_source, "userNameKey", "externalId", "displayNameKey", active, given_at, given_at, document
  from jsonb_to_recordset(users) as u(id uuid, "userNameKey" text, "externalId" text, "displayNameKey" text, active boolean,
    document jsonb)
  order by "userNameKey";
  -- After the users, as everywhere: who waits for a name holds no key.
  perform lock_correlation_keys(names, keys);
  if cardinality(find_known_records(lookups, names, keys, external_ids)) > 0 then
    raise exception using errcode = 'serialization_failure', message = 'somebody else made a person of these keys';
  end if;
  -- All the rest at once: a statement of its own for each table would cost one person twice as much.
  with its_addresses as (
    insert into scim_addresses (user_id, source, attribute, value_key)
    select "userId", the_source, attribute, key
    from jsonb_to_recordset(address_keys) as a("userId" uuid, attribute text, key text)),
  its_records as (
    insert into source_records (source, external_id, id, identity_id, hash, active, inactive_from, country, groups,
      attributes, link, created_at, changed_at)
    select the_source, "externalId", id, "identityId", decode(hash, 'hex'), active, "inactiveFrom", country,
      nullif(groups, 'null'::jsonb), attributes, link, given_at, given_at
    from jsonb_to_recordset(records) as r("externalId" text, id uuid, "identityId" uuid, hash text, active boolean,
      "inactiveFrom" timestamptz, country text, groups jsonb, attributes jsonb, link text)),
  its_keys as (
    insert into correlation_keys (name, key, source, external_id, identity_id)
    select name, key, the_source, external_id, identity_id
    from unnest(names, keys, external_ids, identity_ids) k(name, key, external_id, identity_id)),
  its_identities as (
    insert into identities (id, user_name, user_name_key, active, attributes, addresses, sources, inactive_from, created_at,
      changed_at)
    select id, "userName", "userNameKey", active, attributes, addresses,
      array(select jsonb_array_elements_text(sources)), "inactiveFrom", given_at, given_at
    from jsonb_to_recordset(people) as p(id uuid, "userName" text, "userNameKey" text, active boolean, attributes jsonb,
      addresses jsonb, sources jsonb, "inactiveFrom" timestamptz)),
  its_states as (
    insert into identity_states (identity_id, revision, due_at, due_reason)
    select id, 1, given_at, 'record' from jsonb_to_recordset(people) as p(id uuid))
  insert into audit_events (id, at, action, actor_kind, actor_id, identity_id, run_id, policy_set, effects, reason, detail)
  select id, at, action, actor_kind, actor_id, identity_id, run_id, policy_set, nullif(effects, 'null'::jsonb), reason,
    nullif(detail, 'null'::jsonb)
  from jsonb_to_recordset(events) as e(id uuid, at timestamptz, action text, actor_kind text, actor_id text,
    identity_id uuid, run_id uuid, policy_set text, effects jsonb, reason text, detail jsonb);
  return known;
end $$;
`,
}
