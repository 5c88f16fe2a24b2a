import { hashRow } from './canonical-row.ts'
import type { HashedRow } from './link-rows.ts'
import { type MergeWorld, mergeRows } from './merge-rows.ts'

export interface RegroupRequest {
  readonly runId: string
  readonly source: string
  /** What a row's hash is made of beside the row. */
  readonly shape: string
  /** Sorted names, of a read of the groups that was complete. */
  readonly groupsOf: (externalId: string) => readonly string[]
}

/** Records looked at in one step, and merged in one transaction. */
const stepSize = 5000

/**
 * Gives everybody whom a source knows the groups that they are in now: a membership changes without the person, so
 * that no read of changed people shows it. Answers how many records it changed.
 */
export async function regroupRecords(world: MergeWorld, request: RegroupRequest): Promise<number> {
  const { runId, source, shape, groupsOf } = request
  const { recordGroups, database } = world.store
  let [after, changed] = ['', 0]
  for (;;) {
    const known = await recordGroups.readRecordGroups(database, source, after, stepSize)
    const last = known.at(-1)
    if (last === undefined) return changed
    after = last.externalId
    const moved = known.flatMap(({ externalId, groups }) => {
      const now = groupsOf(externalId)
      return isSame(groups ?? [], now) ? [] : [[externalId, now] as const]
    })
    const rows = await rowsOf(world, request, new Map(moved))
    await mergeRows(world, { source, runId, keepsGroups: shape }, rows)
    changed += rows.length
  }
}

/** What is stored of these, as rows with other groups. */
async function rowsOf(
  { store }: MergeWorld,
  { source, shape }: RegroupRequest,
  groups: ReadonlyMap<string, readonly string[]>,
): Promise<readonly HashedRow[]> {
  if (groups.size === 0) return []
  const records = await store.transaction((trx) => store.records.readRecords(trx, source, [...groups.keys()]))
  return records.map((record) => {
    const { externalId, attributes, active, inactiveFrom, country } = record
    const row = {
      externalId,
      attributes,
      active,
      inactiveFrom,
      country,
      groups: groups.get(externalId) ?? record.groups,
    }
    return { row, hash: hashRow(row, shape) }
  })
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, at) => name === right[at])
}
