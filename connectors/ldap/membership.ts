import { GroupGraph } from '../group-graph.ts'
import { normalizeDn } from './normalize-dn.ts'

/** Who is a member of what by DN, and in Active Directory by the primary group that a person names. */
export class Membership {
  readonly #graph: GroupGraph
  readonly #groupByRid = new Map<string, number>()

  /** `nested`: whether a member of a member group is a member. */
  constructor(nested: boolean) {
    this.#graph = new GroupGraph(nested)
  }

  get groupCount(): number {
    return this.#graph.groupCount
  }

  /** `rid`: the relative id of a group in Active Directory, by which people name their primary group. */
  addGroup(group: { dn: string; name: string; members: readonly string[]; rid: string | null }): void {
    const members = group.members.map(normalizeDn)
    const index = this.#graph.addGroup({ key: normalizeDn(group.dn), name: group.name, members })
    if (group.rid !== null) this.#groupByRid.set(group.rid, index)
  }

  /** Names of the groups of the person with this DN, each once, sorted. Call it once for each person. */
  namesOf(dn: string, primaryGroup: string | undefined): readonly string[] {
    const primary = primaryGroup === undefined ? undefined : this.#groupByRid.get(primaryGroup)
    return this.#graph.namesOf(normalizeDn(dn), primary)
  }

  /** Members that are neither groups nor people that `namesOf` was asked for: out of scope, or gone. */
  countUnresolved(): number {
    return this.#graph.countUnresolved()
  }
}
