import { type AgencyBook, contactOf, type Step, standingOf } from './agency.ts'
import type { PassedByPortal } from './clients.ts'
import type { Ends } from './ends.ts'
import { days, type HrPerson, listHr } from './population.ts'

type Factor = 'otp-email' | 'otp-sms'
const factors: readonly Factor[] = ['otp-email', 'otp-sms']

/** What the clients were answered, and what was found of those that were not. */
export interface Inputs {
  readonly agency: AgencyBook
  readonly passed: readonly PassedByPortal[]
  /** Names of people who were sent once without an answer, and are there. */
  readonly unanswered: ReadonlySet<string>
}

/**
 * What has to stand at the end, by the words of the documentation and not by Muster's code: everything that was answered
 * once, nothing twice.
 */
export function foresee({ agency, passed, unanswered }: Inputs): Ends {
  const book = new Book()
  const ofHr = new Map(listHr(days - 1).map(({ n }) => [n, new Person(`person${n}`, book)]))
  for (let day = 0; day < days; day += 1) for (const row of listHr(day)) ofHr.get(row.n)?.readByHr(row)
  const resources: string[] = []
  const members: string[] = []
  const sent = agency.sentOnce.filter(({ name, isAnswered }) => isAnswered || unanswered.has(name))
  const pushed = [
    ...agency.people,
    ...sent.map(({ name, k }) => ({ name, k, shared: null, steps: ['create'] as readonly Step[] })),
  ]
  for (const { name, k, shared, steps } of pushed) {
    const person = (shared === null ? undefined : ofHr.get(shared)) ?? new Person(name, book, contactOf(k))
    for (const step of steps) person.takeStep(step)
    const { isThere, isActive, isMember } = standingOf(steps)
    if (isThere) resources.push(`${name} ${isActive ? 'active' : 'inactive'}`)
    if (isMember) members.push(name)
  }
  for (const { n } of passed) {
    book.note('events', `person${n} challenge-created`)
    book.note('events', `person${n} challenge-passed`)
  }
  return { ...book.close(), resources: resources.sort(), members: members.sort() }
}

type Counted = 'effects' | 'events' | 'notices'

/** Everybody, and what was done to them. */
class Book {
  readonly people: Person[] = []
  readonly #counts: Record<Counted, Map<string, number>> = {
    effects: new Map(),
    events: new Map(),
    notices: new Map(),
  }

  note(kind: Counted, line: string): void {
    const counts = this.#counts[kind]
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }

  close(): Omit<Ends, 'resources' | 'members'> {
    const count = (kind: Counted) =>
      [...this.#counts[kind]].map(([line, times]) => `${line} x${times}`).sort()
    return {
      records: this.people.flatMap((person) => person.records()).sort(),
      identities: this.people
        .map(({ name, isActive }) => `${name} ${isActive ? 'active' : 'inactive'}`)
        .sort(),
      rights: this.people.flatMap((person) => person.rights()).sort(),
      enrollments: this.people.flatMap((person) => person.enrollments()).sort(),
      effects: count('effects'),
      events: count('events'),
      notices: count('notices'),
    }
  }
}

/** One identity, as its sources describe it and the two policies judge it. */
class Person {
  readonly name: string
  readonly #book: Book
  #contact: { mail: string; mobile: string }
  #hr: HrPerson | null = null
  #agency: 'none' | 'active' | 'inactive' | 'deleted' = 'none'
  #isMember = false
  /** Whether they had an address before what is being decided now. */
  #wasKnown = false
  readonly #effective = new Set<Factor>()
  /** Addresses that were enrolled once: they stay, usable or not. */
  readonly #enrolled = new Map<Factor, string>()

  constructor(name: string, book: Book, contact = { mail: '', mobile: '' }) {
    this.name = name
    this.#book = book
    this.#contact = contact
    book.people.push(this)
  }

  /** Every source that knows them has to say so, a source that deleted them says no. */
  get isActive(): boolean {
    return this.#hr?.isActive !== false && (this.#agency === 'none' || this.#agency === 'active')
  }

  readByHr(row: HrPerson): void {
    this.#hr = row
    this.#contact = row
    // A run takes away by effects, which a brake could hold; a push takes away at once.
    if (this.isActive) this.#decide()
    else for (const factor of factors) this.#withdraw(factor)
  }

  takeStep(step: Step): void {
    if (step === 'create' || step === 'on') this.#agency = 'active'
    if (step === 'off') this.#agency = 'inactive'
    if (step === 'delete') this.#agency = 'deleted'
    if (step === 'join') this.#isMember = true
    if (step === 'leave' || step === 'delete') this.#isMember = false
    const told = { create: 'created', delete: 'deleted', on: 'changed', off: 'changed' } as const
    if (step in told) this.#note('events', `scim-user-${told[step as keyof typeof told]}`)
    this.#decide()
  }

  #decide(): void {
    if (!this.isActive) {
      this.#shutOff()
      return
    }
    for (const factor of factors) {
      if (this.#isGiven(factor)) this.#give(factor)
      else this.#withdraw(factor)
    }
    this.#wasKnown = true
  }

  /** What the policies say of somebody who is active. */
  #isGiven(factor: Factor): boolean {
    return factor === 'otp-email' || this.#hr?.department === 'Field' || this.#isMember
  }

  #give(factor: Factor): void {
    const address = factor === 'otp-email' ? this.#contact.mail : this.#contact.mobile
    const former = this.#enrolled.get(factor)
    const wasEffective = this.#effective.has(factor)
    if (!wasEffective) this.#note('effects', `grant-right ${factor}`)
    if (former === undefined) this.#note('effects', `enroll ${factor}`)
    else if (former !== address) this.#note('effects', `replace ${factor}`)
    else if (!wasEffective) this.#note('effects', `resume ${factor}`)
    // The old address is told, and of a new one another address that was there before.
    if (former !== undefined && former !== address) {
      this.#note('notices', 'replaced')
      if (this.#enrolled.size > 1) this.#note('notices', 'replaced')
    }
    if (former === undefined && factor === 'otp-sms' && this.#wasKnown) this.#note('notices', 'added')
    this.#effective.add(factor)
    this.#enrolled.set(factor, address)
  }

  #withdraw(factor: Factor): void {
    if (!this.#effective.delete(factor)) return
    this.#note('effects', `revoke-right ${factor}`)
    this.#note('effects', `suspend ${factor}`)
  }

  #shutOff(): void {
    if (this.#effective.size === 0) return
    this.#note('events', 'identity-shut-off')
    // What the policies gave they give no more: the reason goes when the drain decides.
    for (const factor of this.#effective) this.#note('effects', `change-right ${factor}`)
    this.#effective.clear()
  }

  records(): readonly string[] {
    const own = this.#hr === null ? [] : [`${this.name} hr created`]
    const link = this.#hr === null ? 'created' : 'key'
    const tomb = this.#agency === 'deleted' ? ' deleted' : ''
    return this.#agency === 'none' ? own : [...own, `${this.name} agency ${link}${tomb}`]
  }

  rights(): readonly string[] {
    return [...this.#enrolled.keys()].map((factor) => {
      return `${this.name} ${factor} ${this.#effective.has(factor) ? 'effective' : 'not effective'}`
    })
  }

  enrollments(): readonly string[] {
    return [...this.#enrolled].map(([factor, address]) => {
      return `${this.name} ${factor} ${address} ${this.#effective.has(factor) ? 'active' : 'suspended'}`
    })
  }

  #note(kind: Counted, what: string): void {
    this.#book.note(kind, `${this.name} ${what}`)
  }
}
