import { describe, expect, test } from 'vitest'
import type { Enrollment } from '../../../domain/enrollment.ts'
import {
  acts,
  address,
  applyEffects,
  day,
  decideByHand,
  decided,
  emptyWorld,
  graceMs,
  granted,
  later,
  planIn,
  rowOf,
  settle,
  type World,
  wish,
} from './plan-world.ts'

const opsOf = (effects: readonly { readonly op: string }[]) => effects.map((effect) => effect.op)
const statusOf = (world: World, key: string) => rowOf(world, key)?.status
const keysOf = (row: Enrollment | undefined) => row?.origins.map((origin) => origin.policy ?? origin.kind)

const wants = (keys: readonly string[], more: Parameters<typeof wish>[2] = {}) => [
  wish(
    'p',
    keys.map((key) => address(key)),
    more,
  ),
]
const enrolled = settle(decided(emptyWorld, [granted()], wants(['old'])))
const changedTo = (key: string, more: Parameters<typeof wish>[2]) =>
  decided(enrolled, [granted()], wants([key], more))

describe('enrolling', () => {
  test('gives the right and the address in one plan, in the half that no brake holds', () => {
    const plan = planIn(decided(emptyWorld, [granted()], wants(['a'])))
    expect(opsOf(plan.adding)).toEqual(['grant-right', 'enroll'])
    expect(plan.takingAway).toEqual([])
    expect(plan.adding.map((effect) => effect.because)).toEqual(['p', 'p'])
  })

  test('without the right gives an address that is not usable until the right comes', () => {
    const without = settle(decided(emptyWorld, [granted([])], wants(['a'])))
    expect(rowOf(without, 'a')).toMatchObject({ status: 'suspended', statusReason: 'right-lost' })
    const plan = planIn(decided(without, [granted()], wants(['a'])))
    expect(opsOf(plan.adding)).toEqual(['grant-right', 'resume'])
  })

  test('starts pending where a policy requires proof or people edit the value themselves (rule 4)', () => {
    const required = settle(decided(emptyWorld, [granted()], wants(['a'], { proof: 'required' })))
    expect(rowOf(required, 'a')).toMatchObject({ status: 'pending', proof: 'asserted', proofRequired: true })
    const claimed = [wish('p', [address('a', { trust: 'claimed' })])]
    const world = settle(decided(emptyWorld, [granted()], claimed))
    expect(rowOf(world, 'a')).toMatchObject({ status: 'pending', proof: 'none', proofRequired: true })
  })

  test('reports what max left out', () => {
    const plan = planIn(decided(emptyWorld, [granted()], wants(['a', 'b', 'c'], { max: 2 })))
    expect(plan.overLimit).toEqual([
      { factor: 'otp-sms', attribute: 'phoneNumbers', source: 'corp', value: 'c', reason: 'over-limit' },
    ])
  })
})

describe('a changed value', () => {
  test('replaces the address in the row, with the proof of the new value', () => {
    const proven = acts.prove(enrolled, 'old')
    const world = settle(decided({ ...proven, now: later(proven.now, day) }, [granted()], wants(['new'])))
    expect(world.enrollments).toHaveLength(1)
    expect(rowOf(world, 'new')).toMatchObject({
      id: rowOf(enrolled, 'old')?.id,
      proof: 'asserted',
      status: 'active',
      addressChangedAt: world.now,
      enrolledAt: enrolled.now,
    })
  })

  test('leaves the old address to the person who added it too, and is enrolled beside it', () => {
    const shared = acts.prove(acts.add(enrolled, 'old'), 'old')
    const world = settle(decided(shared, [granted()], wants(['new'])))
    expect(keysOf(rowOf(world, 'old'))).toEqual(['self'])
    expect(statusOf(world, 'old')).toBe('active')
    expect(keysOf(rowOf(world, 'new'))).toEqual(['p'])
  })

  test('moves the origin to an address that the person enrolled already', () => {
    const both = acts.prove(acts.add(enrolled, 'new'), 'new')
    const world = settle(decided(both, [granted()], wants(['new'])))
    expect(keysOf(rowOf(world, 'new'))).toEqual(['self', 'p'])
    expect(rowOf(world, 'new')?.proof).toBe('proven')
    expect(rowOf(world, 'old')).toMatchObject({ status: 'suspended', statusReason: 'unwanted' })
  })

  test('changes nothing where the policy keeps', () => {
    const plan = planIn(changedTo('new', { onChange: 'keep' }))
    expect([...plan.adding, ...plan.takingAway]).toEqual([])
  })

  test('waits pending beside the old address where the policy holds, and takes its place when proven', () => {
    const held = settle(changedTo('new', { onChange: 'hold' }))
    expect(rowOf(held, 'new')).toMatchObject({ status: 'pending', replaces: rowOf(held, 'old')?.id })
    expect(statusOf(held, 'old')).toBe('active')
    const done = settle(acts.prove(held, 'new'))
    expect(rowOf(done, 'old')).toBeUndefined()
    expect(rowOf(done, 'new')).toMatchObject({ status: 'active', replaces: null, proof: 'proven' })
  })

  test('that changes again while it waits leaves the first address in use', () => {
    const held = settle(changedTo('new', { onChange: 'hold' }))
    const again = settle(decided(held, [granted()], wants(['newer'], { onChange: 'hold' })))
    expect(again.enrollments.map((row) => [row.key, row.status])).toEqual([
      ['old', 'active'],
      ['newer', 'pending'],
    ])
    expect(rowOf(again, 'newer')?.replaces).toBe(rowOf(again, 'old')?.id)
  })

  test('that goes back while it waits ends the waiting', () => {
    const held = settle(changedTo('new', { onChange: 'hold' }))
    const back = settle(decided(held, [granted()], wants(['old'], { onChange: 'hold' })))
    expect(statusOf(back, 'old')).toBe('active')
    expect(rowOf(back, 'new')).toMatchObject({ replaces: null, unwantedSince: back.now })
  })

  test('that a person asked for waits for its code, whatever the policies decide meanwhile', () => {
    const added = acts.add(enrolled, 'own')
    const old = rowOf(added, 'old')
    const asked = {
      ...added,
      enrollments: added.enrollments.map((row) =>
        row.key === 'own' ? { ...row, replaces: old?.id ?? null } : row,
      ),
    }
    const decidedAgain = settle(decided(asked, [granted()], wants(['old'])))
    expect(rowOf(decidedAgain, 'own')).toMatchObject({ status: 'pending', replaces: old?.id })
    const gone = settle(decided(acts.remove(decidedAgain, 'old'), [granted()], wants([])))
    expect(rowOf(gone, 'own')?.replaces).toBeNull()
  })

  test('never carries a disable to the new address nor lifts it from the old one', () => {
    const off = acts.disable(enrolled, 'old', 'admin')
    const world = settle(decided(off, [granted()], wants(['new'])))
    expect(statusOf(world, 'old')).toBe('disabled')
    expect(statusOf(world, 'new')).toBe('active')
    const muchLater = { ...world, now: later(world.now, graceMs * 2) }
    expect(statusOf(settle(muchLater), 'old')).toBe('disabled')
  })

  test('is followed by type, so that a mobile never takes the place of a desk number', () => {
    const next = [wish('p', [address('new', { type: 'work' })])]
    const world = settle(decided(enrolled, [granted()], next))
    expect(rowOf(world, 'new')?.id).not.toBe(rowOf(enrolled, 'old')?.id)
    expect(statusOf(world, 'old')).toBe('suspended')
  })
})

describe('what is no longer wanted', () => {
  const silent = decided(enrolled, [granted()], wants([]))

  test('is suspended, and removed after the grace time', () => {
    const plan = planIn(silent)
    expect(opsOf(plan.takingAway)).toEqual(['suspend'])
    expect(plan.reviewAt).toBe(later(silent.now, graceMs))
    const gone = planIn({ ...settle(silent), now: later(silent.now, graceMs) })
    expect(opsOf(gone.takingAway)).toEqual(['remove'])
  })

  test('is removed at once where the policy says so', () => {
    const eager = settle(decided(emptyWorld, [granted()], wants(['old'], { onUnmatch: 'remove' })))
    expect(opsOf(planIn(decided(eager, [granted()], [])).takingAway)).toEqual(['remove'])
  })

  test('comes back as the same row when it is wanted again', () => {
    const world = decided(settle(silent), [granted()], wants(['old']))
    expect(opsOf(planIn(world).adding)).toEqual(['resume'])
    expect(rowOf(settle(world), 'old')?.id).toBe(rowOf(enrolled, 'old')?.id)
  })
})

describe('what a person took away', () => {
  test('stays removed until that person adds it', () => {
    const removed = acts.remove(enrolled, 'old')
    expect(planIn(removed).adding).toEqual([])
    const added = settle(acts.add(removed, 'old'))
    expect(keysOf(rowOf(added, 'old'))).toEqual(['self', 'p'])
  })

  test('comes back for a policy that says reenroll, but for what an administrator disabled', () => {
    const again = wants(['old'], { reenroll: true })
    expect(statusOf(settle(decided(acts.remove(enrolled, 'old'), [granted()], again)), 'old')).toBe('active')
    expect(statusOf(settle(decided(acts.disable(enrolled, 'old'), [granted()], again)), 'old')).toBe('active')
    const byAdmin = decided(acts.disable(enrolled, 'old', 'admin'), [granted()], again)
    expect(statusOf(settle(byAdmin), 'old')).toBe('disabled')
    expect(statusOf(settle(decided(acts.remove(byAdmin, 'old'), [granted()], again)), 'old')).toBe('disabled')
  })
})

describe('a brake', () => {
  test('may hold the loss of a right: the first half leaves right and addresses as they were', () => {
    const world = decided(enrolled, [granted([])], [])
    const plan = planIn(world)
    expect(plan.adding).toEqual([])
    expect(opsOf(plan.takingAway)).toEqual(['revoke-right', 'suspend'])
    expect(applyEffects(world, plan.takingAway).rights[0]?.effective).toBe(false)
  })
})

describe('policies that disagree on one address', () => {
  test('require proof if one of them does', () => {
    const both = [...wants(['a']), wish('q', [address('a')], { proof: 'required' })]
    expect(statusOf(settle(decided(emptyWorld, [granted()], both)), 'a')).toBe('pending')
  })

  test.each([
    ['hold', 'keep', 'pending'],
    ['hold', 'replace', 'pending'],
    ['keep', 'replace', undefined],
  ] as const)('follow a change by %s over %s', (strong, weak, status) => {
    const two = (key: string) => [
      wish('p', [address(key)], { onChange: weak }),
      wish('q', [address(key)], { onChange: strong }),
    ]
    const before = settle(decided(emptyWorld, [granted()], two('old')))
    const world = settle(decided(before, [granted()], two('new')))
    expect([statusOf(world, 'old'), statusOf(world, 'new')]).toEqual(['active', status])
  })
})

describe('the time of review', () => {
  test('is the first of a grant that ends, a lock that ends, a removal and what the decision names', () => {
    const until = later(emptyWorld.now, 3 * day)
    const world = decideByHand(decided(emptyWorld, [], []), 'grant', until)
    expect(planIn(world).reviewAt).toBe(until)
    const earlier = later(emptyWorld.now, 2 * day)
    expect(planIn({ ...world, decision: { ...world.decision, reviewAt: earlier } }).reviewAt).toBe(earlier)
    expect(planIn(acts.lock(enrolled, 'old')).reviewAt).toBe(later(enrolled.now, day))
    const ended = planIn({ ...world, now: until })
    expect(opsOf(ended.takingAway)).toEqual(['revoke-right'])
    expect(ended.takingAway[0]?.because).toBe('ended: admin')
  })
})
