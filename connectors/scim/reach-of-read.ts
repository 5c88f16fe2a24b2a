import { type ChangeMark, type GroupsMark, readLastModified } from './change-mark.ts'
import type { GroupTimes } from './group-times.ts'
import type { JsonObject } from './json-object.ts'

/** How the groups of a read came about; null: they stay as they were. */
export type GroupsSeen = GroupTimes | 'named' | null

/**
 * Up to where the changes of a server are known after a read. The newest time that was seen is the server's own; what
 * changed while the read went on may be older and not have been seen, so that the mark lies as far before it as the
 * read was long, which takes no clock but a stopwatch. A resource may bear a time that has yet to come: then the time
 * of the server's first answer counts. An earlier mark is never undercut.
 */
export class ReachOfRead {
  readonly #since: ChangeMark | null
  readonly #started = performance.now()
  #newestUser: number | null = null

  constructor(since: ChangeMark | null) {
    this.#since = since
  }

  seeUser(resource: JsonObject): void {
    const time = readLastModified(resource)
    if (time !== null) this.#newestUser = Math.max(time, this.#newestUser ?? time)
  }

  /** The mark of a read that ends now. Null where no user says when they were changed. */
  conclude(firstAnswerAt: number | null, groups: GroupsSeen): ChangeMark | null {
    const lasted = Math.ceil(performance.now() - this.#started)
    const before = (newest: number): number =>
      Math.min(newest - lasted, firstAnswerAt ?? Number.POSITIVE_INFINITY)
    const users = this.#newestUser === null ? null : before(this.#newestUser)
    const known = this.#since?.users ?? null
    if (users === null && known === null) return null
    return {
      users: Math.max(users ?? Number.NEGATIVE_INFINITY, known ?? Number.NEGATIVE_INFINITY),
      groups: this.#concludeGroups(groups, before),
    }
  }

  #concludeGroups(groups: GroupsSeen, before: (newest: number) => number): GroupsMark | 'named' | null {
    if (groups === null) return this.#since?.groups ?? null
    if (groups === 'named') return groups
    const newest = groups.newest()
    return newest === null ? null : groups.markAt(before(newest))
  }
}
