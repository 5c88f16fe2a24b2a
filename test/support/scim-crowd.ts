import { v7 as newId } from 'uuid'
import { foldKey } from '../../domain/fold-key.ts'
import type { ScimDocument } from '../../domain/scim-resource.ts'
import type { Database } from '../../store/database.ts'
import { insertScimUsers } from '../../store/write/scim-users.ts'

/** A group as a test writes one down. */
export interface CrowdGroup {
  readonly document: ScimDocument & { readonly displayName: string }
  /** Ids of its members. */
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
}

type CrowdUser = ScimDocument & { readonly userName: string }

/** Puts users into a connection, with nobody behind them; answers their ids in the order given. */
export async function insertScimCrowd(
  database: Database,
  source: string,
  documents: readonly CrowdUser[],
  at = new Date('2026-03-01T08:00:00.000Z'),
): Promise<readonly string[]> {
  const rows = documents.map((document) => rowOf(newId(), document))
  await database.transaction((trx) => insertScimUsers(trx, source, rows, at))
  return rows.map(({ id }) => id)
}

function rowOf(id: string, document: CrowdUser) {
  return {
    id,
    userNameKey: foldKey(document.userName),
    externalId: textOf(document['externalId']),
    displayNameKey: foldKey(textOf(document['displayName']) ?? '') || null,
    active: document['active'] !== false,
    document,
    addresses: [...keysOf('emails', document), ...keysOf('phoneNumbers', document)],
  }
}

function keysOf(attribute: 'emails' | 'phoneNumbers', document: ScimDocument) {
  const values = document[attribute]
  if (!Array.isArray(values)) return []
  return (values as readonly { readonly value?: string }[]).flatMap(({ value }) =>
    value === undefined ? [] : [{ attribute, key: foldKey(value) }],
  )
}

/** Puts groups into a connection, with their members; answers their ids in the order given. */
export async function insertScimGroups(
  database: Database,
  source: string,
  groups: readonly CrowdGroup[],
): Promise<readonly string[]> {
  const at = '2026-03-01T08:00:00.000Z'
  const rows = groups.map((group) => ({ group, id: newId() }))
  await database.batchInsert(
    'scim_groups',
    rows.map(({ group: { document }, id }) => ({
      id,
      source,
      display_name: document.displayName,
      display_name_key: foldKey(document.displayName),
      external_id: textOf(document['externalId']),
      created_at: at,
      modified_at: at,
      document: JSON.stringify(document),
    })),
  )
  for (const { group, id } of rows) await nest(database, id, group.users ?? [], group.groups ?? [])
  return rows.map(({ id }) => id)
}

/** Puts members into a group that stands. */
export async function nest(
  database: Database,
  groupId: string,
  users: readonly string[],
  groups: readonly string[],
): Promise<void> {
  await database.raw('insert into scim_members select ?::uuid, unnest(?::uuid[])', [groupId, [...users]])
  await database.raw('insert into scim_nested_groups select ?::uuid, unnest(?::uuid[])', [
    groupId,
    [...groups],
  ])
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
