interface Group {
  readonly key: string
  readonly name: string
  /** This group and every group that it is a member of, however far; made when first asked for. */
  closure: readonly number[] | null
}

const noEdge = -1
const namesKept = 50_000

/**
 * Who is a member of what, by keys of the source (a normalised DN, an id): one text per member and eight bytes per
 * membership, so that a million of them fit. Nested membership is followed upwards from a person, cycles included.
 */
export class GroupGraph {
  readonly #nested: boolean
  readonly #groups: Group[] = []
  /** Key of a member → its newest edge. */
  readonly #firstEdge = new Map<string, number>()
  #edgeGroup = new Int32Array(1024)
  #edgeNext = new Int32Array(1024)
  #edges = 0
  readonly #names = new Map<string, readonly string[]>()
  #membersFound = 0

  /** `nested`: whether a member of a member group is a member. */
  constructor(nested: boolean) {
    this.#nested = nested
  }

  get groupCount(): number {
    return this.#groups.length
  }

  /** How many memberships there are, nested groups included. */
  get memberCount(): number {
    return this.#edges
  }

  /** Answers the group's index. */
  addGroup(group: { key: string; name: string; members: Iterable<string> }): number {
    const index = this.#groups.length
    this.#groups.push({ key: group.key, name: group.name, closure: null })
    for (const member of group.members) this.#addEdge(member, index)
    return index
  }

  /**
   * Names of the groups of the person with this key, each once, sorted; `further` is the index of a group that the
   * person is in by another way. Call it once for each person.
   */
  namesOf(key: string, further?: number): readonly string[] {
    const first = this.#firstEdge.get(key)
    if (first !== undefined) this.#membersFound++
    const direct = this.#collect(first)
    if (further !== undefined) direct.push(further)
    const combination = direct.sort((left, right) => left - right).join()
    const known = this.#names.get(combination)
    if (known) return known
    const names = this.#resolve(direct)
    // People share few combinations; where they do not, a full table would only cost memory.
    if (this.#names.size >= namesKept) this.#names.clear()
    this.#names.set(combination, names)
    return names
  }

  /** Members that are neither groups nor people that `namesOf` was asked for: out of scope, or gone. */
  countUnresolved(): number {
    const memberGroups = this.#groups.filter(({ key }) => this.#firstEdge.has(key)).length
    return Math.max(0, this.#firstEdge.size - memberGroups - this.#membersFound)
  }

  #addEdge(member: string, group: number): void {
    if (this.#edges === this.#edgeGroup.length) {
      this.#edgeGroup = grow(this.#edgeGroup)
      this.#edgeNext = grow(this.#edgeNext)
    }
    this.#edgeGroup[this.#edges] = group
    this.#edgeNext[this.#edges] = this.#firstEdge.get(member) ?? noEdge
    this.#firstEdge.set(member, this.#edges++)
  }

  /** The groups at the end of a chain of edges. */
  #collect(first: number | undefined): number[] {
    const groups: number[] = []
    let edge = first ?? noEdge
    while (edge !== noEdge) {
      groups.push(this.#edgeGroup[edge] ?? 0)
      edge = this.#edgeNext[edge] ?? noEdge
    }
    return groups
  }

  #resolve(direct: readonly number[]): readonly string[] {
    const names = new Set<string>()
    for (const index of direct)
      for (const member of this.#close(index)) names.add(this.#groups[member]?.name ?? '')
    return [...names].sort()
  }

  #close(index: number): readonly number[] {
    const group = this.#groups[index]
    if (!group) return []
    if (!this.#nested) return [index]
    if (group.closure) return group.closure
    const seen = new Set([index])
    // A set that grows while it is walked is visited to its end.
    for (const reached of seen) {
      const parents = this.#collect(this.#firstEdge.get(this.#groups[reached]?.key ?? ''))
      for (const parent of parents) seen.add(parent)
    }
    group.closure = [...seen]
    return group.closure
  }
}

function grow(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
