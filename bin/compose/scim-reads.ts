import { gatherCalls } from '../../application/gather-calls.ts'
import type { ScimReads } from '../../server/scim/scim-server-world.ts'
import type { Database } from '../../store/database.ts'
import {
  findKeyQuery,
  type KeyQuery,
  readPagesByKey,
  readResources,
} from '../../store/read/resource-by-key.ts'
import { type PageRequest, readResourcePage } from '../../store/read/resource-page.ts'
import { groupTable, type ResourceTable, userTable } from '../../store/read/resource-places.ts'
import type { ResourcePage } from '../../store/read/resource-query.ts'

/**
 * What `/scim/v2` reads. Look-ups by id and by key that come at the same time are one statement: each alone would be
 * cheaper than its way to the database and back.
 */
export function openScimReads(database: Database): ScimReads {
  const users = gatherLookUps(database, userTable)
  const groups = gatherLookUps(database, groupTable)
  return {
    readUser: (source, id, wanted) => users.read(source, id, wanted.groups),
    pageUsers: (source, query) => users.page({ table: userTable, source, query, memberships: query.groups }),
    readGroup: (source, id, wanted) => groups.read(source, id, wanted.members),
    pageGroups: (source, query) =>
      groups.page({ table: groupTable, source, query, memberships: query.members }),
  }
}

/** A group may have a hundred thousand members: nobody waits for those of another one. */
const alone = { atOnce: 10, most: 1 } as const
/** Two, so that the server reads requests while the database reads rows. */
const together = { atOnce: 2, most: 64 } as const

function gatherLookUps(database: Database, table: ResourceTable) {
  const shapes = {
    bare: gatherShape(database, table, false),
    whole: gatherShape(database, table, true),
  }
  const shapeOf = (memberships: boolean) => (memberships ? shapes.whole : shapes.bare)
  return {
    read: (source: string, id: string, memberships: boolean) => shapeOf(memberships).read({ source, id }),
    page: async (request: PageRequest): Promise<ResourcePage> => {
      const { source, query, memberships } = request
      const key = findKeyQuery(query, table)
      const page = key === null ? null : await pageOf(shapeOf(memberships), source, key)
      return page ?? readResourcePage(database, request)
    },
  }
}

function pageOf(shape: ReturnType<typeof gatherShape>, source: string, { column, value, count }: KeyQuery) {
  const look = column === 'external_id' ? shape.byExternalId : shape.byName
  return look({ source, value, count })
}

/** With memberships, or without. */
function gatherShape(database: Database, table: ResourceTable, memberships: boolean) {
  const limits = memberships && table.type === 'Group' ? alone : together
  const gatherPages = (column: KeyQuery['column']) =>
    gatherCalls(
      (asked: Parameters<typeof readPagesByKey>[3]) =>
        readPagesByKey(database, table, column, asked, memberships),
      limits,
    )
  return {
    read: gatherCalls(
      (asked: Parameters<typeof readResources>[2]) => readResources(database, table, asked, memberships),
      limits,
    ),
    byName: gatherPages(table.uniqueKeyColumn),
    byExternalId: gatherPages('external_id'),
  }
}
