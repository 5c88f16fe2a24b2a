// Longer than 300 lines: the generator and the state that every property of plans shares.
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { Address } from '../../../domain/address.ts'
import type { Decision, EnrollmentWish, RightDecision } from '../../../domain/decision.ts'
import type { Effect, RightEffect } from '../../../domain/effect.ts'
import type { Enrollment } from '../../../domain/enrollment.ts'
import { withStatus } from '../../../domain/enrollment-status.ts'
import { type PlanWithReport, planEffects } from '../../../domain/plan.ts'
import { resolveRight } from '../../../domain/resolve-right.ts'
import type { Right } from '../../../domain/right.ts'

export const day = 86_400_000
export const graceMs = 30 * day
export const start = '2026-03-01T00:00:00.000Z'

/** One identity in a small world: what stands, and what was decided last. */
export interface World {
  readonly now: string
  readonly active: boolean
  readonly rights: readonly Right[]
  readonly enrollments: readonly Enrollment[]
  readonly decision: Decision
  /** How many ids were given out. */
  readonly serial: number
}

export const emptyDecision: Decision = {
  identity: 'one',
  policySet: 'sha256:test',
  rights: [],
  wishes: [],
  unusable: [],
  reviewAt: null,
}

export const emptyWorld: World = {
  now: start,
  active: true,
  rights: [],
  enrollments: [],
  decision: emptyDecision,
  serial: 0,
}

export function later(time: string, milliseconds: number): string {
  return new Date(Date.parse(time) + milliseconds).toISOString()
}

export function planIn(world: World): PlanWithReport {
  let serial = world.serial
  return planEffects({
    identity: { id: 'one', active: world.active },
    decision: world.decision,
    rights: world.rights,
    enrollments: world.enrollments,
    now: world.now,
    graceMs,
    newId: () => `row-${++serial}`,
  })
}

/** Applies effects as a store does, and refuses one whose `before` is not what stands. */
export function applyEffects(world: World, effects: readonly Effect[]): World {
  const rights = new Map(world.rights.map((right) => [right.factor, right]))
  const enrollments = new Map(world.enrollments.map((row) => [row.id, row]))
  for (const effect of effects) {
    if (isRightEffect(effect)) {
      deepStrictEqual(effect.before, rights.get(effect.after.factor) ?? null)
      rights.set(effect.after.factor, effect.after)
      continue
    }
    const id = effect.before?.id ?? effect.after?.id ?? ''
    deepStrictEqual(effect.before, enrollments.get(id) ?? null)
    if (effect.after === null) enrollments.delete(id)
    else enrollments.set(id, effect.after)
  }
  const fresh = effects.filter((effect) => effect.op === 'enroll' && effect.before === null).length
  return {
    ...world,
    rights: [...rights.values()],
    enrollments: [...enrollments.values()],
    serial: world.serial + fresh,
  }
}

function isRightEffect(effect: Effect): effect is RightEffect {
  return effect.op.endsWith('-right')
}

export function settle(world: World): World {
  const plan = planIn(world)
  return applyEffects(applyEffects(world, plan.adding), plan.takingAway)
}

export function address(key: string, more: Partial<Address> = {}): Address {
  return {
    factor: 'otp-sms',
    attribute: 'phoneNumbers',
    value: key,
    key,
    type: 'mobile',
    primary: false,
    country: 'DE',
    lineType: 'mobile',
    source: 'corp',
    trust: 'asserted',
    unusable: null,
    ...more,
  }
}

export function wish(
  policy: string,
  candidates: readonly Address[],
  more: Partial<EnrollmentWish> = {},
): EnrollmentWish {
  return {
    policy,
    priority: 0,
    factor: 'otp-sms',
    attribute: 'phoneNumbers',
    candidates,
    take: 'all',
    max: null,
    onChange: 'replace',
    onUnmatch: 'suspend',
    proof: 'asserted',
    reenroll: false,
    ...more,
  }
}

export function granted(by: readonly string[] = ['p'], more: Partial<RightDecision> = {}): RightDecision {
  return { factor: 'otp-sms', granted: by.length > 0, clients: null, by, deniedBy: [], ...more }
}

export function decided(
  world: World,
  rights: readonly RightDecision[],
  wishes: readonly EnrollmentWish[],
): World {
  return { ...world, decision: { ...emptyDecision, rights, wishes } }
}

export function rowOf(world: World, key: string): Enrollment | undefined {
  return world.enrollments.find((row) => row.key === key)
}

export function edit(world: World, key: string, change: (row: Enrollment) => Enrollment): World {
  const rightEffective = world.rights.find((right) => right.factor === 'otp-sms')?.effective ?? false
  return {
    ...world,
    enrollments: world.enrollments.map((row) =>
      row.key === key ? withStatus(change(row), { rightEffective, now: world.now }) : row,
    ),
  }
}

const personalOrigin = { policy: null, source: null, attribute: null, type: null, onUnmatch: null }

/** What people do with an address, as the use cases write it. */
export const acts = {
  add: (world: World, key: string): World => {
    const origin = { ...personalOrigin, kind: 'self' as const, since: world.now }
    const present = rowOf(world, key)
    if (present !== undefined) {
      return edit(world, key, (row) => ({
        ...row,
        origins: [...row.origins.filter((it) => it.kind !== 'self'), origin],
        removed: null,
        unwantedSince: null,
      }))
    }
    const row: Enrollment = {
      id: `self-${key}-${world.now}`,
      factor: 'otp-sms',
      address: key,
      key,
      origins: [origin],
      proof: 'none',
      proofRequired: true,
      replaces: null,
      disabled: null,
      lockedUntil: null,
      undeliverableSince: null,
      unwantedSince: null,
      removed: null,
      enrolledAt: world.now,
      addressChangedAt: null,
      lastUsed: null,
      status: 'pending',
      statusReason: 'proof-required',
      statusBy: 'policy',
      statusSince: world.now,
    }
    return { ...world, enrollments: [...world.enrollments, row] }
  },
  prove: (world: World, key: string): World =>
    edit(world, key, (row) =>
      row.removed === null ? { ...row, proof: 'proven', proofRequired: false } : row,
    ),
  remove: (world: World, key: string): World =>
    edit(world, key, (row) => ({
      ...row,
      origins: [],
      unwantedSince: null,
      removed: { by: 'self', id: 'one', at: world.now },
    })),
  disable: (world: World, key: string, by: 'self' | 'admin' = 'self'): World =>
    edit(world, key, (row) =>
      row.removed === null ? { ...row, disabled: { by, id: 'x', at: world.now, reason: null } } : row,
    ),
  enable: (world: World, key: string): World => edit(world, key, (row) => ({ ...row, disabled: null })),
  lock: (world: World, key: string): World =>
    edit(world, key, (row) => (row.removed === null ? { ...row, lockedUntil: later(world.now, day) } : row)),
}

/** A person's word on the right, as the use case writes it. */
export function decideByHand(
  world: World,
  effect: 'grant' | 'deny' | 'clear',
  until: string | null = null,
): World {
  const before = world.rights.find((right) => right.factor === 'otp-sms')
  const word = { kind: 'manual' as const, policy: null, by: 'admin', since: world.now, reason: null }
  const origins = [
    ...(before?.origins ?? []).filter((it) => it.kind === 'policy'),
    ...(effect === 'grant' ? [{ ...word, until, clients: null }] : []),
  ]
  const denials = [
    ...(before?.denials ?? []).filter((it) => it.kind === 'policy'),
    ...(effect === 'deny' ? [{ ...word, overridable: false }] : []),
  ]
  const resolved = resolveRight(origins, denials, world)
  const right: Right = { factor: 'otp-sms', origins, denials, ...resolved }
  return { ...world, rights: [...world.rights.filter((it) => it.factor !== 'otp-sms'), right] }
}

const keys = ['k0', 'k1', 'k2', 'k3', 'k4']
const policies = ['p0', 'p1', 'p2']
const key = fc.constantFrom(...keys)

const addresses = fc.array(
  fc.record({
    key,
    source: fc.constantFrom('corp', 'corp', 'corp', 'hr'),
    type: fc.constantFrom('mobile', 'mobile', 'mobile', 'work'),
    primary: fc.boolean(),
    trust: fc.constantFrom('asserted' as const, 'asserted' as const, 'claimed' as const),
  }),
  { maxLength: 5 },
)

const wishes = fc
  .record({
    pool: addresses,
    specs: fc.array(
      fc.record({
        policy: fc.constantFrom(...policies),
        mask: fc.integer({ min: 0, max: 31 }),
        take: fc.constantFrom('all' as const, 'all' as const, 'primary' as const, 'first' as const),
        max: fc.constantFrom(null, null, 1, 2),
        onChange: fc.constantFrom('replace' as const, 'keep' as const, 'hold' as const),
        onUnmatch: fc.constantFrom('suspend' as const, 'suspend' as const, 'remove' as const),
        proof: fc.constantFrom('asserted' as const, 'asserted' as const, 'required' as const),
        reenroll: fc.constantFrom(false, false, false, true),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ pool, specs }) =>
    specs.map(({ policy, mask, ...more }) =>
      wish(
        policy,
        pool.filter((_, at) => (mask & (1 << at)) !== 0).map(({ key: text, ...rest }) => address(text, rest)),
        more,
      ),
    ),
  )

const rightDecision = fc
  .record({
    by: fc.subarray(policies),
    clients: fc.constantFrom(null, ['a'], ['a', 'b']),
    deniedBy: fc.constantFrom(
      [],
      [],
      [],
      [{ policy: 'p2', reason: 'no', overridable: true }],
      [{ policy: 'p1', reason: 'never', overridable: false }],
    ),
  })
  .map(({ by, clients, deniedBy }) => granted(by, { clients, deniedBy }))

export const anyDecision: fc.Arbitrary<Decision> = fc
  .record({ wishes, right: rightDecision })
  .map(({ right, wishes: wanted }) => ({ ...emptyDecision, rights: [right], wishes: wanted }))

const step: fc.Arbitrary<(world: World) => World> = fc.oneof(
  { weight: 4, arbitrary: anyDecision.map((decision) => (world: World) => settle({ ...world, decision })) },
  // The brake held the second half.
  {
    weight: 1,
    arbitrary: anyDecision.map((decision) => (world: World) => {
      const next = { ...world, decision }
      return applyEffects(next, planIn(next).adding)
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ act: fc.constantFrom('add', 'prove', 'prove', 'remove', 'disable', 'enable', 'lock'), key })
      .map(
        ({ act, key: text }) =>
          (world: World) =>
            acts[act as keyof typeof acts](world, text),
      ),
  },
  { weight: 1, arbitrary: key.map((text) => (world: World) => acts.disable(world, text, 'admin')) },
  { weight: 1, arbitrary: fc.boolean().map((active) => (world: World) => ({ ...world, active })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('grant' as const, 'deny' as const, 'clear' as const)
      .map((effect) => (world: World) => decideByHand(world, effect, later(world.now, 5 * day))),
  },
)

/** A world with a past: each step a policy set's word, a person's act, or an end of their activity, days apart. */
export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    past: fc.array(fc.record({ step, days: fc.constantFrom(0, 1, 1, 10, 31) }), { maxLength: 6 }),
    decision: anyDecision,
  })
  .map(({ past, decision }) => {
    let world = emptyWorld
    for (const one of past) world = one.step({ ...world, now: later(world.now, one.days * day) })
    const end = { ...world, decision }
    return Object.assign(end, { [fc.toStringMethod]: () => tellWorld(end) })
  })

/** The world in a few lines, for a counterexample. */
export function tellWorld(world: World): string {
  const right = world.rights.find((one) => one.factor === 'otp-sms')
  const rows = world.enrollments.map(
    (row) =>
      `  ${row.id} ${row.key} [${row.origins.map((origin) => `${origin.policy ?? origin.kind}/${origin.source}/${origin.type}`)}]` +
      ` ${row.status} ${row.proof}${row.proofRequired ? ' required' : ''}` +
      `${row.replaces === null ? '' : ` replaces ${row.replaces}`}${row.removed === null ? '' : ' removed'}`,
  )
  const wanted = world.decision.wishes.map(
    (one) =>
      `  ${one.policy} ${one.take} ${one.max} ${one.onChange} ${one.onUnmatch} ${one.proof}${one.reenroll ? ' reenroll' : ''}: ` +
      one.candidates
        .map((it) => `${it.key}/${it.source}/${it.type}/${it.trust}${it.primary ? '/primary' : ''}`)
        .join(' '),
  )
  const head = `${world.now} ${world.active ? 'active' : 'inactive'} right ${right?.effective}`
  return ['', head, ...rows, ' wants', ...wanted].join('\n')
}
