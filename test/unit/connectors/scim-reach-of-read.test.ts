import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readLastModified } from '../../../connectors/scim/change-mark.ts'
import { GroupTimes } from '../../../connectors/scim/group-times.ts'
import { ReachOfRead } from '../../../connectors/scim/reach-of-read.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const at = (time: string) => ({ meta: { lastModified: time } })
const noon = Date.parse('2026-03-01T12:00:00Z')
const hour = 3_600_000

describe('up to where changes are known after a read', () => {
  it('is as far before the newest time that was seen as the read was long', () => {
    const reach = new ReachOfRead(null)
    reach.seeUser(at('2026-03-01T12:00:00Z'))
    reach.seeUser(at('2026-03-01T09:00:00Z'))
    vi.advanceTimersByTime(hour)
    expect(reach.conclude(null, null)).toEqual({ users: noon - hour, groups: null })
  })

  it('is not later than the first answer of the server, whatever time a resource bears', () => {
    const reach = new ReachOfRead(null)
    reach.seeUser(at('2199-01-01T00:00:00Z'))
    expect(reach.conclude(noon, null)?.users).toBe(noon)
  })

  it('never falls behind the mark that was read from', () => {
    const since = { users: noon, groups: { at: noon, window: 'w' } }
    expect(new ReachOfRead(since).conclude(noon - hour, null)).toEqual(since)
    const reach = new ReachOfRead(since)
    reach.seeUser(at('2026-03-01T12:00:00Z'))
    vi.advanceTimersByTime(hour)
    expect(reach.conclude(null, null)).toEqual(since)
  })

  it('is unknown where nobody says when they were changed', () => {
    const reach = new ReachOfRead(null)
    reach.seeUser({ meta: { resourceType: 'User' } })
    reach.seeUser({})
    expect(reach.conclude(noon, null)).toBeNull()
  })

  it.each([
    ['2026-03-01T12:00:00Z', noon],
    ['2026-03-01T12:00:00.0000000Z', noon],
    ['2026-03-01T14:00:00.000+02:00', noon],
    ['2026-03-01T12:00:00', noon],
    ['yesterday', null],
    ['+123456-03-01T12:00:00Z', null],
    [1_700_000_000, null],
  ])('reads the time %s', (lastModified, time) => {
    expect(readLastModified({ meta: { lastModified } })).toBe(time)
  })
})

describe('when groups were changed', () => {
  const timesOf = (groups: Readonly<Record<string, string | null>>) => {
    const times = new GroupTimes()
    for (const [id, time] of Object.entries(groups))
      times.add({ id, resource: time === null ? {} : at(time) })
    return times
  }
  const mark = timesOf({ a: '2026-03-01T12:00:00Z', b: '2026-01-01T00:00:00Z' }).markAt(noon)

  it('is as before while the same ones changed last, in whatever order and beside whatever older ones', () => {
    expect(timesOf({ a: '2026-03-01T12:00:00Z' }).differFrom(mark)).toBe(false)
    expect(timesOf({ c: '2025-12-01T00:00:00Z', a: '2026-03-01T12:00:00Z' }).differFrom(mark)).toBe(false)
  })

  it('differs when one is new or changed again, also shortly before the mark', () => {
    expect(timesOf({ a: '2026-03-01T12:00:01Z' }).differFrom(mark)).toBe(true)
    expect(timesOf({ a: '2026-03-01T12:00:00Z', c: '2026-03-01T11:50:00Z' }).differFrom(mark)).toBe(true)
    expect(timesOf({}).differFrom(mark)).toBe(true)
  })

  it('is unknown where one does not say', () => {
    const times = timesOf({ a: '2026-03-01T12:00:00Z', c: null })
    expect(times.newest()).toBeNull()
    expect(times.differFrom(mark)).toBe(true)
  })
})
