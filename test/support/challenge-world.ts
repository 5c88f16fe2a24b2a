import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { v7 as newId } from 'uuid'
import type { NewChallenge } from '../../application/challenges/challenge-request.ts'
import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import { codeOfChallenge } from '../../application/challenges/code-of-challenge.ts'
import { openKeyRing } from '../../application/key-ring.ts'
import { deriveAddressKey } from '../../application/limits/address-hash.ts'
import type { TypedCode } from '../../application/limits/note-typed.ts'
import type { ChallengeSettings, ClientSettings } from '../../domain/challenge.ts'
import { blankEnrollment, type Enrollment } from '../../domain/enrollment.ts'
import { withStatus } from '../../domain/enrollment-status.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import { defaultLimits, type LimitSettings } from '../../domain/limit-settings.ts'
import type { Database } from '../../store/database.ts'
import { openStore } from '../../store/store.ts'

const plenty = { count: 1_000_000, per: 60_000 }

/** No limit of sending is reached, so that what is tested is the challenge alone. */
const boundless: LimitSettings = {
  ...defaultLimits,
  destinationHour: plenty,
  destinationDay: plenty,
  identityHour: plenty,
  identityDay: plenty,
  client: plenty,
  network: plenty,
  prefix: plenty,
  widePrefix: plenty,
  country: plenty,
  breaker: { ...defaultLimits.breaker, mode: 'off' },
}

const settings: ChallengeSettings = {
  digits: 6,
  validity: { authentication: 300_000, sms: 600_000, email: 1_800_000 },
  tries: 5,
  sends: 3,
  waits: [30_000, 60_000],
}

const portal: ClientSettings = {
  id: 'portal',
  name: 'Staff portal',
  origin: 'https://portal.example.com',
  trusted: true,
  authentication: factors,
  registration: factors,
  minProof: 'none',
  contextless: false,
}

/** The challenge service on a test database, its clients, and people to challenge. */
export interface TestChallenges {
  readonly world: ChallengeWorld
  /** Deliveries that were offered for sending, in order. */
  readonly woken: string[]
  /** Codes that were typed, as their counting is told of them. */
  readonly typed: readonly TypedCode[]
  /** A person with a right to both factors and these enrollments, active unless they say otherwise. */
  person(enrollments?: readonly GivenEnrollment[], right?: GivenRight): Promise<TestPerson>
  codeOf(challengeId: string): Promise<string>
  /** A code of the right length that is not the right one. */
  wrongCodeOf(challengeId: string): Promise<string>
  row(challengeId: string): Promise<Record<string, unknown>>
  /** As if so much time had passed for a challenge. */
  age(challengeId: string, milliseconds: number): Promise<void>
}

export interface TestPerson {
  readonly id: string
  readonly userName: string
  readonly enrollments: readonly string[]
}

export interface GivenEnrollment extends Partial<Enrollment> {
  readonly factor?: Factor
}

export interface GivenRight {
  readonly effective?: boolean
  readonly clients?: readonly string[] | null
}

export function openTestChallenges(
  database: Database,
  changes: Partial<Omit<ChallengeWorld, 'clients' | 'settings'>> & {
    readonly settings?: Partial<ChallengeSettings>
  } = {},
): TestChallenges {
  const keys = openKeyRing({ active: 'k1', keys: new Map([['k1', randomBytes(32)]]) })
  const woken: string[] = []
  const typed: TypedCode[] = []
  const others = [
    { ...portal, id: 'shop', trusted: false },
    { ...portal, id: 'careful', minProof: 'proven' },
    { ...portal, id: 'batch', contextless: true },
  ] as const
  const world: ChallengeWorld = {
    store: openStore(database),
    clock: () => new Date(),
    newId: () => newId(),
    randomBytes,
    keys,
    addressKey: deriveAddressKey(keys),
    limits: boundless,
    clients: new Map([portal, ...others].map((client) => [client.id, client])),
    factors: { authentication: factors, registration: factors },
    wake: (id) => woken.push(id),
    noteTyped: (code) => typed.push(code),
    ...changes,
    settings: { ...settings, ...changes.settings },
  }
  const codeOf = async (challengeId: string) => {
    const code = await codeOfChallenge(world, challengeId)
    if (code === null) throw new Error('This challenge has no code any more.')
    return code.code
  }
  return {
    world,
    woken,
    typed,
    person: (enrollments = [{}], right = {}) => insertPerson(world, enrollments, right),
    codeOf,
    wrongCodeOf: async (id) => String((Number(await codeOf(id)) + 1) % 1_000_000).padStart(6, '0'),
    row: async (id) => (await database('challenges').where({ id }))[0],
    age: async (id, milliseconds) => {
      await database.raw(
        `update challenges set expires_at = expires_at - :by * interval '1 millisecond',
           resend_at = resend_at - :by * interval '1 millisecond' where id = :id`,
        { id, by: milliseconds },
      )
    },
  }
}

/** What the portal asks for: a code by SMS. */
export function smsChallenge(identityId: string, changes: Partial<NewChallenge> = {}): NewChallenge {
  return {
    client: 'portal',
    identity: { id: identityId },
    factor: 'otp-sms',
    enrollmentId: null,
    purpose: 'authentication',
    context: { ip: '203.0.113.7', userAgent: 'test', transaction: null },
    locale: null,
    actor: null,
    idempotencyKey: null,
    ...changes,
  }
}

async function insertPerson(
  { store }: ChallengeWorld,
  given: readonly GivenEnrollment[],
  { effective = true, clients = null }: GivenRight,
): Promise<TestPerson> {
  const id = newId()
  const now = new Date()
  const userName = `u-${randomUUID()}`
  const identity = {
    id,
    userName,
    userNameKey: userName,
    active: true,
    attributes: { preferredLanguage: 'fr' },
    addresses: [],
    sources: ['hr'],
    inactiveFrom: null,
    leftAt: null,
  }
  const enrollments = given.map((one) => enrollment(one, now.toISOString(), effective))
  await store.transaction(async (trx) => {
    await store.identities.insertIdentities(trx, [identity], { at: now, reason: 'record', runId: null })
    await store.enrollments.insertEnrollments(
      trx,
      enrollments.map((one) => ({ ...one, identityId: id })),
    )
    const origin = {
      kind: 'policy',
      policy: 'p',
      by: null,
      since: now.toISOString(),
      until: null,
      reason: null,
      clients,
    } as const
    for (const factor of factors) {
      await store.rights.putRight(trx, id, {
        factor,
        effective,
        clients,
        origins: effective ? [origin] : [],
        denials: [],
      })
    }
  })
  return { id, userName, enrollments: enrollments.map((one) => one.id) }
}

function enrollment(given: GivenEnrollment, now: string, rightEffective: boolean): Enrollment {
  const factor = given.factor ?? 'otp-sms'
  const address =
    given.address ??
    (factor === 'otp-sms' ? `+4915112${randomInt(100_000, 999_999)}` : `${randomUUID()}@example.com`)
  const origin = {
    kind: 'policy',
    policy: 'p',
    source: 'hr',
    attribute: factor === 'otp-sms' ? 'phoneNumbers' : 'emails',
    type: null,
    since: now,
    onUnmatch: 'suspend',
  } as const
  const facts: Enrollment = {
    ...blankEnrollment(newId(), factor, address, address, now),
    origins: [origin],
    proof: 'asserted',
    ...given,
  }
  return withStatus(facts, { rightEffective, now })
}
