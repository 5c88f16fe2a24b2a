import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EnrollmentWish, OnUnmatch } from '../../../domain/decision.ts'
import type { Enrollment, EnrollmentStatus } from '../../../domain/enrollment.ts'
import { withStatus } from '../../../domain/enrollment-status.ts'
import { address, decided, emptyWorld, granted, settle, start, type World, wish } from './plan-world.ts'

/**
 * The end state of one policy's plan, written a second time as a list of cases over plain facts, with no half
 * states, effects or origins. What the plan leads to must be what this says.
 */
interface Fact {
  readonly key: string
  readonly policy: boolean
  readonly person: boolean
  readonly disabled: null | 'self' | 'admin'
  readonly removed: boolean
  readonly proven: boolean
  readonly pending: boolean
}

interface End {
  readonly id: string
  readonly key: string
  readonly policy: boolean
  readonly status: EnrollmentStatus | null
  readonly replaces: string | null
}

function expectedEnd(
  facts: readonly Fact[],
  wanted: EnrollmentWish,
  rightEffective: boolean,
): readonly End[] {
  const find = (key: string) => facts.find((fact) => fact.key === key)
  const taken = pick(facts, wanted)
  const lost = facts.filter((it) => it.policy && !taken.includes(it.key)).map((it) => it.key)
  const gained = taken.filter((key) => !(find(key)?.policy ?? false))
  const pairs = lost.sort().map((from, at) => ({ from, to: gained.sort()[at] }))
  const ends = new Map<
    string,
    { key: string; policy: boolean; fact: Fact | null; pending: boolean; replaces: string | null }
  >()
  for (const fact of facts)
    ends.set(fact.key, { key: fact.key, policy: fact.policy, fact, pending: fact.pending, replaces: null })
  const enroll = (key: string, pending: boolean, replaces: string | null) => {
    const old = ends.get(key)
    const stillPending = old === undefined || old.fact?.removed ? pending && !old?.fact?.proven : old.pending
    const lifted = old?.fact && !old.fact.removed && !old.fact.person && replaces === null && !asks(wanted)
    ends.set(key, {
      key,
      policy: true,
      fact: old?.fact ? { ...old.fact, removed: false } : null,
      pending: lifted ? false : stillPending,
      replaces,
    })
  }
  const drop = (key: string) => {
    const old = ends.get(key)
    if (old) ends.set(key, { ...old, policy: false })
  }
  const move = (from: string, to: string, pending: boolean) => {
    ends.delete(from)
    ends.set(from, { key: to, policy: true, fact: find(from) ?? null, pending, replaces: null })
  }
  for (const { from, to } of pairs) {
    const old = find(from)
    const next = to === undefined ? undefined : find(to)
    if (to === undefined) drop(from)
    else if (wanted.onChange === 'keep') continue
    else if (wanted.onChange === 'replace' || old?.pending) {
      const pending = wanted.proof === 'required' || wanted.onChange === 'hold'
      if (next === undefined && !old?.person && !old?.disabled) move(from, to, pending)
      else {
        enroll(to, pending, null)
        drop(from)
      }
    } else if (next !== undefined && !next.removed && !next.pending) {
      enroll(to, false, null)
      drop(from)
    } else if (next?.removed && next.proven) {
      enroll(to, false, null)
      drop(from)
    } else enroll(to, true, `id-${from}`)
  }
  const paired = wanted.onChange === 'keep' || pairs.length > 0 ? pairs.map((it) => it.to) : []
  for (const key of gained.filter((it) => !paired.includes(it)))
    enroll(key, wanted.proof === 'required', null)
  for (const key of taken.filter((it) => !gained.includes(it))) enroll(key, wanted.proof === 'required', null)
  return [...ends].flatMap(([home, end]) => {
    const { fact } = end
    const known = fact && {
      ...fact,
      disabled:
        wanted.reenroll && end.policy && taken.includes(end.key) && fact.disabled === 'self'
          ? null
          : fact.disabled,
    }
    const nobody = !end.policy && !known?.person
    if (nobody && known && !known.removed && !known.disabled && wanted.onUnmatch === 'remove' && known.policy)
      return []
    return [
      {
        id: fact === null ? 'fresh' : `id-${home}`,
        key: end.key,
        policy: end.policy,
        replaces: end.replaces,
        status: statusOf(known, end.pending, nobody, rightEffective),
      },
    ]
  })
}

function asks(wanted: EnrollmentWish): boolean {
  return wanted.proof === 'required' || wanted.onChange === 'hold'
}

function statusOf(
  fact: Fact | null,
  pending: boolean,
  nobody: boolean,
  right: boolean,
): EnrollmentStatus | null {
  if (fact?.removed) return null
  if (fact?.disabled) return 'disabled'
  if (pending) return 'pending'
  return nobody || !right ? 'suspended' : 'active'
}

function pick(facts: readonly Fact[], wanted: EnrollmentWish): string[] {
  const live = facts.filter((fact) => !fact.removed)
  const own = live.filter((fact) => fact.policy)
  const enrolled = (own.length > 0 ? own : live).map((fact) => fact.key)
  const barred = facts.filter((fact) => fact.removed && !wanted.reenroll).map((fact) => fact.key)
  const keys = ['k0', 'k1', 'k2', 'k3'].filter(
    (key) => wanted.candidates.some((it) => it.key === key) && !barred.includes(key),
  )
  const isPrimary = (key: string) => wanted.candidates.some((it) => it.key === key && it.primary)
  const order = [
    ...keys.filter((key) => enrolled.includes(key) && isPrimary(key)),
    ...keys.filter((key) => enrolled.includes(key) && !isPrimary(key)),
    ...keys.filter((key) => !enrolled.includes(key) && isPrimary(key)),
    ...keys.filter((key) => !enrolled.includes(key) && !isPrimary(key)),
  ]
  return order.slice(0, Math.min(wanted.max ?? 9, wanted.take === 'all' ? 9 : 1))
}

const anyFact = fc.record({
  policy: fc.boolean(),
  person: fc.constantFrom(false, false, true),
  disabled: fc.constantFrom(null, null, null, 'self' as const, 'admin' as const),
  removed: fc.constantFrom(false, false, false, true),
  proof: fc.constantFrom('proven', 'plain', 'pending'),
})

const anyFacts: fc.Arbitrary<readonly Fact[]> = fc
  .array(fc.option(anyFact), { minLength: 4, maxLength: 4 })
  .map((rows) =>
    rows.flatMap((row, at) => {
      if (row === null) return []
      const origins = row.removed
        ? { policy: false, person: false }
        : { policy: row.policy, person: row.person }
      const proven = row.proof === 'proven'
      return [{ ...row, ...origins, key: `k${at}`, proven, pending: row.proof === 'pending' }]
    }),
  )

const anyWish = fc
  .record({
    candidates: fc.uniqueArray(fc.constantFrom('k0', 'k1', 'k2', 'k3')),
    primary: fc.constantFrom('k0', 'k1', 'k2', 'k3', 'none'),
    take: fc.constantFrom('all' as const, 'all' as const, 'first' as const, 'primary' as const),
    max: fc.constantFrom(null, 1, 2),
    onChange: fc.constantFrom('replace' as const, 'keep' as const, 'hold' as const),
    onUnmatch: fc.constantFrom('suspend' as const, 'remove' as const),
    proof: fc.constantFrom('asserted' as const, 'required' as const),
    reenroll: fc.boolean(),
  })
  .map(({ candidates, primary, ...more }) =>
    wish(
      'p',
      candidates.map((key) => address(key, { primary: key === primary })),
      more,
    ),
  )

function rowOf(fact: Fact, onUnmatch: OnUnmatch): Enrollment {
  const since = '2026-02-20T00:00:00.000Z'
  const base = { since, source: 'corp', attribute: 'phoneNumbers', type: 'mobile' } as const
  const row: Enrollment = {
    id: `id-${fact.key}`,
    factor: 'otp-sms',
    address: fact.key,
    key: fact.key,
    origins: [
      ...(fact.policy ? [{ ...base, kind: 'policy' as const, policy: 'p', onUnmatch }] : []),
      ...(fact.person ? [{ ...base, kind: 'self' as const, policy: null, onUnmatch: null }] : []),
    ],
    proof: fact.proven ? 'proven' : 'asserted',
    proofRequired: fact.pending,
    replaces: null,
    disabled: fact.disabled && { by: fact.disabled, id: 'x', at: since, reason: null },
    lockedUntil: null,
    undeliverableSince: null,
    unwantedSince: fact.policy || fact.person || fact.removed ? null : since,
    removed: fact.removed ? { by: 'self', id: 'x', at: since } : null,
    enrolledAt: since,
    addressChangedAt: null,
    lastUsed: null,
    status: null,
    statusReason: null,
    statusBy: null,
    statusSince: since,
  }
  return withStatus(row, { rightEffective: true, now: start })
}

function told(world: World): readonly End[] {
  return world.enrollments
    .map((row) => ({
      id: row.id.startsWith('id-') ? row.id : 'fresh',
      key: row.key,
      policy: row.origins.some((origin) => origin.policy === 'p'),
      replaces: row.replaces,
      status: row.status,
    }))
    .sort(byKey)
}

function byKey(a: End, b: End): number {
  return a.key < b.key ? -1 : 1
}

test('a plan of one policy leads to the end state that a plain list of cases names (rules 2 to 5)', () => {
  fc.assert(
    fc.property(anyFacts, anyWish, fc.boolean(), (facts, wanted, rightEffective) => {
      const world = { ...emptyWorld, enrollments: facts.map((fact) => rowOf(fact, wanted.onUnmatch)) }
      const end = settle(decided(world, [granted(rightEffective ? ['p'] : [])], [wanted]))
      expect(told(end)).toEqual([...expectedEnd(facts, wanted, rightEffective)].sort(byKey))
    }),
    { numRuns: 1500 },
  )
}, 60_000)
