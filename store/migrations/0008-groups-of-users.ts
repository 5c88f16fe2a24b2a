import type { Migration } from './migration.ts'

/**
 * Members and addresses refer to users without a foreign key, as everything that is written in bulk does
 * (docs/decisions/0001): each member cost two look-ups. Who adds members holds them against deletion, and who deletes
 * takes along what refers to it.
 */
export const groupsOfUsers: Migration = {
  name: '0008-groups-of-users',
  up: `
alter table scim_members drop constraint scim_members_group_id_fkey, drop constraint scim_members_user_id_fkey;
alter table scim_addresses drop constraint scim_addresses_user_id_fkey;

-- Writes to the source records of these users the names of the groups that they are in, nested ones resolved, and to the
-- identities that such a record alone makes, which are due then. Answers the identities that have further records: they
-- are to be composed of all. Records are locked before groups are read, so that of two groups which take in one person at
-- once the second sees the first; all records before all identities, each in order, as everybody locks.
-- A recursion is guessed at millions of rows, and compiled for them, which takes longer than running it.
create function refresh_groups(the_source text, user_ids text[], given_at timestamptz) returns uuid[]
language plpgsql set jit = off as $$
declare
  touched uuid[];
  composed uuid[];
begin
  perform from source_records where source = the_source and external_id = any(user_ids)
  order by external_id for no key update;
  -- The rows are locked, so they are found again by the place where they lie: their own key is joined badly by the guess.
  with recursive above(user_id, group_id) as (
    select user_id, group_id from scim_members where user_id = any(user_ids::uuid[])
    union select a.user_id, n.group_id from above a cross join lateral (
      select group_id from scim_nested_groups where child_id = a.group_id offset 0) n),
  names as materialized (
    select a.user_id, jsonb_agg(g.display_name order by g.display_name collate "C") as groups
    from above a cross join lateral (select display_name from scim_groups where id = a.group_id offset 0) g
    group by a.user_id),
  named as materialized (
    select k.ctid as place, coalesce(n.groups, '[]') as groups from source_records k left join names n on n.user_id = k.id
    where k.source = the_source and k.external_id = any(user_ids)),
  changed as (
    update source_records r set groups = n.groups, changed_at = given_at from named n
    where r.ctid = n.place and r.deleted_at is null and r.groups is distinct from n.groups
    returning r.identity_id)
  select array_agg(distinct identity_id) into touched from changed where identity_id is not null;
  if touched is null then return '{}'; end if;
  perform from identity_states where identity_id = any(touched) order by identity_id for update;
  -- What mergeRecords makes of the groups of one record, whose texts sort by their UTF-16 there: beyond the basic plane
  -- that is another order, and such people are composed where it is known.
  with changed as (
    update identities i set changed_at = given_at, attributes = case when r.groups = '[]' then i.attributes - 'groups'
      else i.attributes || jsonb_build_object('groups', (
        select jsonb_agg(jsonb_build_object('value', value, 'source', the_source) order by value collate "C")
        from jsonb_array_elements_text(r.groups))) end
    from unnest(touched) asked(id) cross join lateral (
      select count(*) as records, jsonb_path_query_first(jsonb_agg(s.groups), '$[0]') as groups
      from source_records s where s.identity_id = asked.id) r
    where i.id = asked.id and r.records = 1 and r.groups::text !~ '[\\U00010000-\\U0010FFFF]'
    returning i.id)
  select coalesce(array_agg(id), '{}') into composed from changed;
  update identity_states set revision = revision + 1, due_at = given_at, due_reason = 'record', due_run = null
  where identity_id = any(composed);
  return array(select id from unnest(touched) t(id) where id <> all(composed));
end $$;
`,
}
