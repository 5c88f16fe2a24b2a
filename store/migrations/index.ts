import { core } from './0001-core.ts'
import { challenges } from './0002-challenges.ts'
import { scim } from './0003-scim.ts'
import { fingerprints } from './0004-fingerprints.ts'
import { freshUsers } from './0005-fresh-users.ts'
import { auditChain } from './0006-audit-chain.ts'
import { retention } from './0007-retention.ts'
import { groupsOfUsers } from './0008-groups-of-users.ts'
import { changesMark } from './0009-changes-mark.ts'
import { plansOfFreshUsers } from './0010-plans-of-fresh-users.ts'
import { jsonAsWritten } from './0011-json-as-written.ts'
import type { Migration } from './migration.ts'

/** Every step in its order. A step that was released is never edited: a change is a new step. */
export const migrations: readonly Migration[] = [
  core,
  challenges,
  scim,
  fingerprints,
  freshUsers,
  auditChain,
  retention,
  groupsOfUsers,
  changesMark,
  plansOfFreshUsers,
  jsonAsWritten,
]
