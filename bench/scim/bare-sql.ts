import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { v7 as newId } from 'uuid'
import { personBody, userNameOf } from './people.ts'

const source = 'bench'
/** Prepared once a connection, like Muster's own. */
const statements = {
  create: `
    with resource as (
      insert into scim_users (id, source, user_name_key, external_id, display_name_key, active, created_at, modified_at, document)
      values ($1, '${source}', $2, $3, $4, true, $5, $5, $6)
    ), address as (
      insert into scim_addresses (user_id, source, attribute, value_key)
      values ($1, '${source}', 'emails', $2), ($1, '${source}', 'phoneNumbers', $7)
    ), record as (
      insert into source_records (source, external_id, id, identity_id, hash, active, attributes, link, created_at, changed_at)
      values ('${source}', $1::text, $1, $8, $9, true, $6, 'created', $5, $5)
    ), key as (
      insert into correlation_keys (name, key, source, external_id, identity_id)
      values ('employeeNumber', $3, '${source}', $1::text, $8)
    ), identity as (
      insert into identities (id, user_name, user_name_key, active, attributes, addresses, sources, created_at, changed_at)
      values ($8, $2, $2, true, $6, '[]', '{${source}}', $5, $5)
    ), state as (
      insert into identity_states (identity_id, revision, due_at, due_reason) values ($8, 1, $5, 'record')
    )
    insert into audit_events (id, at, action, actor_kind, actor_id, identity_id, detail)
    values ($10, $5, 'scim-user-created', 'client', '${source}', $8, '{}')`,
  read: `select id, document, version, created_at, modified_at from scim_users where source = '${source}' and id = $1`,
  find: `select id, document, version, created_at, modified_at from scim_users where source = '${source}' and user_name_key = $1`,
  activate: `
    with resource as (
      update scim_users set active = $2, version = version + 1, modified_at = $3,
        document = jsonb_set(document, '{active}', to_jsonb($2::boolean)) where id = $1
    ), record as (
      update source_records set active = $2, changed_at = $3 where source = '${source}' and external_id = $1::text
      returning identity_id
    ), identity as (
      update identities set active = $2, changed_at = $3 where id = (select identity_id from record)
    ), state as (
      update identity_states set revision = revision + 1, due_at = $3, due_reason = 'record'
      where identity_id = (select identity_id from record)
    )
    insert into audit_events (id, at, action, actor_kind, actor_id, identity_id, detail)
    select $4, $3, 'scim-user-changed', 'client', '${source}', identity_id, '{}' from record`,
  group: `
    insert into scim_groups (id, source, display_name, display_name_key, created_at, modified_at, document)
    values ($1, '${source}', $2, $2, now(), now(), '{}')`,
  addMembers: `
    with added as (
      insert into scim_members (group_id, user_id) select $1, unnest($2::uuid[]) on conflict do nothing returning user_id
    ), record as (
      update source_records r set groups = coalesce(groups, '[]') || '["bench"]'::jsonb, changed_at = now()
      from added where r.source = '${source}' and r.external_id = added.user_id::text returning r.identity_id
    ), identity as (
      update identities set changed_at = now() where id in (select identity_id from record)
    ), state as (
      update identity_states set revision = revision + 1, due_at = now(), due_reason = 'record'
      where identity_id in (select identity_id from record)
    )
    update scim_groups set version = version + 1, modified_at = now() where id = $1`,
  removeMembers: 'delete from scim_members where group_id = $1 and user_id = any($2::uuid[])',
} as const

/** A baseline: the same rows that Muster writes, by one prepared statement each, which is a transaction. */
export class BareSql {
  readonly ids: string[] = []
  readonly #pool: Pool

  /** Of a database of its own with Muster's tables. */
  constructor(url: string, connections: number) {
    this.#pool = new Pool({ connectionString: url, max: connections })
  }

  async create(number: number): Promise<string> {
    const id = newId()
    const name = userNameOf(number)
    await this.#run('create', [
      ...[id, name, `ext-${number}`, `given${number}`, new Date(), personBody(number), `+4915${number}`],
      ...[newId(), Buffer.alloc(32, number % 256), newId()],
    ])
    this.ids.push(id)
    return id
  }

  async read(id: string): Promise<void> {
    await this.#run('read', [id])
  }

  async find(number: number): Promise<void> {
    await this.#run('find', [userNameOf(number)])
  }

  async activate(id: string, active: boolean): Promise<void> {
    await this.#run('activate', [id, active, new Date(), newId()])
  }

  async group(): Promise<string> {
    const id = newId()
    await this.#run('group', [id, randomUUID()])
    return id
  }

  async addMembers(group: string, ids: readonly string[]): Promise<void> {
    await this.#run('addMembers', [group, ids])
  }

  async removeMembers(group: string, ids: readonly string[]): Promise<void> {
    await this.#run('removeMembers', [group, ids])
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #run(name: keyof typeof statements, values: unknown[]): Promise<void> {
    await this.#pool.query({ name, text: statements[name], values })
  }
}
