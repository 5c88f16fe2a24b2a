import type { Database } from '../../store/database.ts'

/** People with two records, two rights and two enrollments each, made by PostgreSQL itself. */
export async function insertPopulation(database: Database, people: number): Promise<readonly string[]> {
  const since = '2026-03-01T08:00:00.000Z'
  const origin = {
    policy: 'staff',
    source: 'corp',
    since,
    type: 'work',
    onUnmatch: 'suspend',
    kind: 'policy',
  }
  const right = { kind: 'policy', policy: 'staff', by: null, since, until: null, reason: null, clients: null }
  await database.raw(
    `create temporary table made as select uuidv7() as id, n from generate_series(1, ?::int) n`,
    [people],
  )
  await database.raw(
    `insert into sources (name, type, last_proved_at) values ('corp', 'ldap', now()), ('hr', 'csv', now())`,
  )
  await database.raw(`insert into identities (id, user_name, user_name_key, active, attributes, addresses, sources, created_at, changed_at)
    select id, 'person' || n, 'person' || n, true, jsonb_build_object('userName', 'person' || n, 'displayName', 'Person Number ' || n,
      'name', jsonb_build_object('givenName', 'Person', 'familyName', 'Number ' || n), 'title', 'Engineer', 'userType', 'employee',
      'preferredLanguage', 'en', 'emails', jsonb_build_array(jsonb_build_object('value', 'person' || n || '@example.com', 'type', 'work', 'primary', true, 'source', 'corp')),
      'phoneNumbers', jsonb_build_array(jsonb_build_object('value', '+49151' || (10000000 + n), 'type', 'mobile', 'source', 'corp')),
      'groups', jsonb_build_array(jsonb_build_object('value', 'mobile-workers', 'source', 'corp')),
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', jsonb_build_object('employeeNumber', 'n-' || n, 'department', 'Department ' || n % 50)),
      '[]', '{corp,hr}', now(), now() from made`)
  await database.raw(`insert into identity_states (identity_id, revision) select id, 1 from made`)
  await database.raw(`insert into source_records (source, external_id, id, identity_id, hash, active, attributes, link, created_at, changed_at)
    select s, s || '-' || n, uuidv7(), id, 'x', true, '{}', 'key', now(), now() from made, unnest('{corp,hr}'::text[]) s`)
  await database.raw(
    `insert into rights (identity_id, factor, effective, origins, denials)
     select id, f, true, ?::jsonb, '[]' from made, unnest('{otp-email,otp-sms}'::text[]) f`,
    [JSON.stringify([right])],
  )
  await database.raw(
    `insert into enrollments (id, identity_id, factor, address, key, origins, proof, proof_required, enrolled_at, status, status_since)
     select uuidv7(), id, f, case f when 'otp-sms' then '+49151' || (10000000 + n) else 'person' || n || '@example.com' end,
       case f when 'otp-sms' then '+49151' || (10000000 + n) else 'person' || n || '@example.com' end, ?::jsonb, 'asserted', false, now(), 'active', now()
     from made, unnest('{otp-email,otp-sms}'::text[]) f`,
    [JSON.stringify([{ ...origin, attribute: 'emails' }])],
  )
  const { rows } = await database.raw<{ rows: { id: string }[] }>(
    'select id from made order by random() limit 5000',
  )
  await database.raw('vacuum analyze')
  return rows.map(({ id }) => id)
}
