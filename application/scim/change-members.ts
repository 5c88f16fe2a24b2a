import { validate as isUuid } from 'uuid'
import type { MemberChange } from '../../domain/scim-resource.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import type { Transaction } from '../../store/database.ts'
import type { ChangedMembers } from '../../store/write/scim-members.ts'
import { faultOfWrite, unknownMember } from './resource-faults.ts'
import type { ScimWorld } from './scim-world.ts'

/** What becomes of a group's members: changes in order, or (PUT) exactly these. */
export type MembersAfter =
  | { readonly kind: 'changes'; readonly changes: readonly MemberChange[] }
  | { readonly kind: 'exactly'; readonly ids: readonly string[] }

/** Whom changes of members reached. */
export interface ReachedMembers {
  readonly added: number
  readonly removed: number
  /** Users whose groups are to be read anew: members of the group itself, and everybody beneath a nested one. */
  readonly users: ReadonlySet<string>
}

/**
 * Carries out changes of a group whose row is locked, statement by statement and never member by member. Throws
 * `ScimFault` 400 `invalidValue` for a member that the connection does not have.
 */
export async function changeMembers(
  trx: Transaction,
  { store }: ScimWorld,
  source: string,
  groupId: string,
  after: MembersAfter,
  { renamed }: { readonly renamed: boolean },
): Promise<ReachedMembers> {
  const named = namedIds(after)
  const groups = await store.scimMembers.groupsAmong(trx, source, named)
  const reshapes = renamed || groups.size > 0 || takesAll(after)
  if (named.length > 0 || reshapes)
    await store.scimMembers.lockNesting(trx, source, reshapes ? 'change' : 'hold')
  const reached = new Reached()
  for (const step of stepsOf(after))
    await takeStep(trx, { store }, { source, groupId, groups }, step, reached)
  for (const id of await store.scimMembers.usersBeneath(trx, [...reached.nested])) reached.users.add(id)
  return reached
}

type Step = MemberChange | { readonly kind: 'keep'; readonly ids: readonly string[] }

function stepsOf(after: MembersAfter): readonly Step[] {
  if (after.kind === 'changes') return after.changes
  const { ids } = after
  return [{ kind: 'keep', ids }, ...(ids.length > 0 ? [{ kind: 'add', ids } as const] : [])]
}

class Reached implements ReachedMembers {
  added = 0
  removed = 0
  readonly users = new Set<string>()
  readonly nested = new Set<string>()

  take({ users, groups }: ChangedMembers): number {
    for (const id of users) this.users.add(id)
    for (const id of groups) this.nested.add(id)
    return users.length + groups.length
  }
}

async function takeStep(
  trx: Transaction,
  { store }: Pick<ScimWorld, 'store'>,
  group: { readonly source: string; readonly groupId: string; readonly groups: ReadonlySet<string> },
  step: Step,
  reached: Reached,
): Promise<void> {
  const { source, groupId, groups } = group
  const { scimMembers } = store
  switch (step.kind) {
    case 'add': {
      const ids = distinctIds(step.ids)
      if (!ids.every((id) => isUuid(id))) throw unknownMember()
      if (ids.includes(groupId)) throw new ScimFault(400, 'invalidValue', 'a group is no member of itself')
      const given = {
        users: ids.filter((id) => !groups.has(id)),
        groups: ids.filter((id) => groups.has(id)),
      }
      const added = await scimMembers.addMembers(trx, source, groupId, given).catch((error: unknown) => {
        throw faultOfWrite(error)
      })
      if (added.known !== ids.length) throw unknownMember()
      reached.added += reached.take(added)
      return
    }
    case 'remove':
    case 'keep': {
      const ids = distinctIds(step.ids).filter((id) => isUuid(id))
      const take = step.kind === 'keep' ? scimMembers.keepMembers : scimMembers.removeMembers
      reached.removed += reached.take(await take(trx, groupId, ids))
      return
    }
    case 'clear':
      reached.removed += reached.take(await scimMembers.clearMembers(trx, groupId, step.type))
      return
    default:
      return step satisfies never
  }
}

function namedIds(after: MembersAfter): readonly string[] {
  const ids =
    after.kind === 'exactly'
      ? after.ids
      : after.changes.flatMap((change) => (change.kind === 'clear' ? [] : change.ids))
  return distinctIds(ids).filter((id) => isUuid(id))
}

/** Ids are UUIDs, which PostgreSQL writes in lower case whatever was sent. */
function distinctIds(ids: readonly string[]): readonly string[] {
  return [...new Set(ids.map((id) => id.toLowerCase()))].sort()
}

/** It may take nested groups away without naming them. */
function takesAll(after: MembersAfter): boolean {
  return after.kind === 'exactly' || after.changes.some(({ kind }) => kind === 'clear')
}
