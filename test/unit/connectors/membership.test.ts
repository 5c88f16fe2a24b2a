import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Membership } from '../../../connectors/ldap/membership.ts'

const groupDn = (index: number): string => `cn=g${index},ou=groups`
const personDn = (index: number): string => `uid=p${index},ou=people`

/** Groups with members that are groups or people, by index. */
const graphs = fc.array(
  fc.record({ groups: fc.array(fc.nat(9), { maxLength: 4 }), people: fc.array(fc.nat(9), { maxLength: 4 }) }),
  { minLength: 1, maxLength: 10 },
)

function build(
  graph: readonly { groups: readonly number[]; people: readonly number[] }[],
  nested: boolean,
): Membership {
  const membership = new Membership(nested)
  for (const [index, { groups, people }] of graph.entries()) {
    const members = [...groups.map(groupDn), ...people.map(personDn)]
    membership.addGroup({ dn: groupDn(index), name: `g${index}`, members, rid: null })
  }
  return membership
}

describe('membership', () => {
  it('is what following every path gives, circles included', () => {
    fc.assert(
      fc.property(graphs, fc.nat(9), (graph, person) => {
        const expected = new Set<number>()
        const follow = (index: number): void => {
          if (expected.has(index)) return
          expected.add(index)
          for (const [parent, { groups }] of graph.entries()) if (groups.includes(index)) follow(parent)
        }
        for (const [index, { people }] of graph.entries()) if (people.includes(person)) follow(index)
        const names = [...expected].map((index) => `g${index}`).sort()
        expect(build(graph, true).namesOf(personDn(person), undefined)).toEqual(names)
      }),
    )
  })

  it('is direct only where nesting is switched off', () => {
    const membership = build(
      [
        { groups: [], people: [1] },
        { groups: [0], people: [] },
      ],
      false,
    )
    expect(membership.namesOf(personDn(1), undefined)).toEqual(['g0'])
  })

  it('counts members that are neither people nor groups', () => {
    const membership = build(
      [
        { groups: [1], people: [1, 2, 3] },
        { groups: [], people: [2] },
      ],
      true,
    )
    membership.namesOf(personDn(1), undefined)
    membership.namesOf(personDn(7), undefined)
    expect(membership.countUnresolved()).toBe(2)
  })

  it('knows a primary group by its relative id', () => {
    const membership = new Membership(true)
    membership.addGroup({ dn: groupDn(0), name: 'Domain Users', members: [], rid: '513' })
    membership.addGroup({ dn: groupDn(1), name: 'Users', members: [groupDn(0)], rid: '545' })
    expect(membership.namesOf(personDn(0), '513')).toEqual(['Domain Users', 'Users'])
    expect(membership.namesOf(personDn(0), '999')).toEqual([])
  })

  it('holds a group of 200,000 members', () => {
    const membership = new Membership(true)
    const members = Array.from({ length: 200_000 }, (_, index) => personDn(index))
    membership.addGroup({ dn: groupDn(0), name: 'all', members, rid: null })
    expect(membership.namesOf(personDn(199_999), undefined)).toEqual(['all'])
    expect(membership.countUnresolved()).toBe(199_999)
  })
})
