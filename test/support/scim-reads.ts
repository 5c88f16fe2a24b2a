import { openScimReads } from '../../bin/compose/scim-reads.ts'
import type { ScimReads } from '../../server/scim/scim-server-world.ts'
import type { Database } from '../../store/database.ts'

type Asked<Read extends keyof ScimReads> = Parameters<ScimReads[Read]>

/** The reads of `/scim/v2` as a server opens them, for a test that asks one thing of a database. */
export const readScimUser = (database: Database, ...asked: Asked<'readUser'>) =>
  openScimReads(database).readUser(...asked)
export const pageScimUsers = (database: Database, ...asked: Asked<'pageUsers'>) =>
  openScimReads(database).pageUsers(...asked)
export const readScimGroup = (database: Database, ...asked: Asked<'readGroup'>) =>
  openScimReads(database).readGroup(...asked)
export const pageScimGroups = (database: Database, ...asked: Asked<'pageGroups'>) =>
  openScimReads(database).pageGroups(...asked)
