import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'pg'
import { newGroup, newUser, patchOf, urns } from '../scim-resources.ts'
import type { Answer, Call, Caller } from './caller.ts'
import type { Lies } from './clients.ts'
import { groupName, sharedPeople } from './population.ts'

/** What an HR system does to one person. */
export type Step = 'create' | 'join' | 'leave' | 'off' | 'on' | 'delete'

/** A person whom the agency pushed, with every step that was answered. */
export interface PushedPerson {
  readonly name: string
  readonly k: number
  readonly id: string
  /** The person of `hr` whose number they have, or null. */
  readonly shared: number | null
  readonly steps: Step[]
}

/** A create that was sent once, whatever came of it. */
export interface SentOnce {
  readonly name: string
  readonly k: number
  readonly isAnswered: boolean
}

/** All that the oracle knows of the agency. */
export interface AgencyBook {
  readonly people: PushedPerson[]
  readonly sentOnce: SentOnce[]
  next: number
  nextShared: number
}

interface AgencyWorld {
  readonly caller: Caller
  readonly token: string
  readonly database: Pool
  readonly book: AgencyBook
  readonly lies: Lies
  readonly groupId: string
  /** Whether `hr` was read, so that its people can be pushed too. */
  readonly isLoaded: () => boolean
  readonly isOver: () => boolean
}

const careers: readonly (readonly Step[])[] = [
  ['create', 'join'],
  ['create', 'off'],
  ['create', 'off', 'on'],
  ['create', 'join', 'leave'],
  ['create', 'delete'],
  ['create', 'join', 'off', 'on', 'leave', 'join'],
]
const users = '/scim/v2/Users'

/** The mailbox and the number of a person of the agency's own. */
export const contactOf = (k: number) => ({
  mail: `agency-${k}@example.com`,
  mobile: `+4915129${100_000 + k}`,
})

/**
 * Pushes people and what becomes of them, as an HR system does: it asks again until it is answered, and looks up who is
 * there already. Each step is settled before the next, so that every one of them has its own effects.
 */
export async function runAgency(world: AgencyWorld): Promise<void> {
  const { book, isOver, isLoaded } = world
  while (!isOver()) {
    const k = book.next++
    const career = careers[k % careers.length] ?? []
    const shared = isLoaded() && k % 3 === 0 && book.nextShared < sharedPeople.to ? book.nextShared++ : null
    const person: PushedPerson = {
      name: `agency-${k}`,
      k,
      id: await create(world, k, shared),
      shared,
      steps: [],
    }
    book.people.push(person)
    person.steps.push('create')
    await settle(world, person)
    for (const step of career.slice(1)) {
      await take(world, person, step)
      person.steps.push(step)
      await settle(world, person)
      await lookAt(world, person)
    }
  }
}

/** Pushes people and never asks again: what was not answered may be there or not. */
export async function runCareless({ caller, token, book, isOver }: AgencyWorld): Promise<void> {
  while (!isOver()) {
    const k = book.next++
    const answer = await caller.try(creating(token, k, null, 'careless push'))
    if (answer !== null && answer.status !== 201) throw new Error(`agency-${k}: ${JSON.stringify(answer)}`)
    book.sentOnce.push({ name: `agency-${k}`, k, isAnswered: answer !== null })
    await delay(150)
  }
}

/** Makes the group that a policy names; answers its id. */
export async function createGroup(caller: Caller, token: string): Promise<string> {
  const body = newGroup(groupName)
  const { body: group } = await caller.call({
    what: 'group push',
    method: 'POST',
    path: '/scim/v2/Groups',
    token,
    body,
  })
  return group.id
}

function creating(token: string, k: number, shared: number | null, what = 'push'): Call {
  const { mail, mobile } = contactOf(k)
  const own = {
    emails: [{ value: mail, type: 'work' }],
    phoneNumbers: [{ value: mobile, type: 'mobile' }],
    [urns.enterprise]: { employeeNumber: `agency-${k}` },
  }
  const more =
    shared === null ? own : { emails: [], [urns.enterprise]: { employeeNumber: `number-${shared}` } }
  return { what, method: 'POST', path: users, token, body: newUser(`agency-${k}`, more) }
}

async function create({ caller, token }: AgencyWorld, k: number, shared: number | null): Promise<string> {
  const { status, body, tries } = await caller.call(creating(token, k, shared))
  if (status === 201) return body.id
  if (status !== 409 || tries === 1) throw new Error(`agency-${k}: ${status} ${JSON.stringify(body)}`)
  const path = `${users}?filter=${encodeURIComponent(`userName eq "agency-${k}"`)}`
  const found = await caller.call({ what: 'push looked up', method: 'GET', path, token })
  return found.body.Resources[0].id
}

async function take(
  { caller, token, groupId }: AgencyWorld,
  { id, name }: PushedPerson,
  step: Step,
): Promise<void> {
  const patch = (path: string, ...operations: readonly object[]) =>
    caller.call({ what: 'push', method: 'PATCH', path, token, body: patchOf(...operations) })
  const answers: Readonly<Record<Step, () => Promise<Answer & { readonly tries: number }>>> = {
    create: () => Promise.reject(new Error('Nobody is created twice.')),
    join: () => patch(`/scim/v2/Groups/${groupId}`, { op: 'add', path: 'members', value: [{ value: id }] }),
    leave: () => patch(`/scim/v2/Groups/${groupId}`, { op: 'remove', path: `members[value eq "${id}"]` }),
    off: () => patch(`${users}/${id}`, { op: 'replace', path: 'active', value: false }),
    on: () => patch(`${users}/${id}`, { op: 'replace', path: 'active', value: true }),
    delete: () => caller.call({ what: 'push', method: 'DELETE', path: `${users}/${id}`, token }),
  }
  const { status, body, tries } = await answers[step]()
  // Deleted by a request whose answer nobody got.
  const isGone = step === 'delete' && status === 404 && tries > 1
  if (status >= 300 && !isGone) throw new Error(`${name} ${step}: ${status} ${JSON.stringify(body)}`)
}

/** Waits until what was pushed is decided and applied. */
async function settle({ database }: AgencyWorld, { id, name }: PushedPerson): Promise<void> {
  const deadline = performance.now() + 60_000
  const sql = `select s.due_at is null as settled from source_records r join identity_states s using (identity_id)
    where r.source = 'agency' and r.external_id = $1`
  for (;;) {
    const { rows } = await database.query<{ settled: boolean }>(sql, [id])
    if (rows.length === 1 && rows[0]?.settled === true) return
    if (performance.now() > deadline) throw new Error(`${name} was not decided within a minute.`)
    await delay(20)
  }
}

/** What was answered is what any server says from then on. */
async function lookAt(
  { caller, token, lies }: AgencyWorld,
  { id, name, steps }: PushedPerson,
): Promise<void> {
  const { status, body } = await caller.call({
    what: 'push read',
    method: 'GET',
    path: `${users}/${id}`,
    token,
  })
  const standing = standingOf(steps)
  const seen =
    status === 404
      ? { isThere: false }
      : { isThere: true, isActive: body.active, groups: (body.groups ?? []).length }
  const truth = standing.isThere
    ? { isThere: true, isActive: standing.isActive, groups: Number(standing.isMember) }
    : { isThere: false }
  if (JSON.stringify(seen) !== JSON.stringify(truth))
    lies.push(`${name} ${steps.at(-1)}: ${JSON.stringify(seen)}`)
}

/** Where these steps lead. */
export function standingOf(steps: readonly Step[]): {
  readonly isThere: boolean
  readonly isActive: boolean
  readonly isMember: boolean
} {
  const last = (...among: readonly Step[]) => steps.findLast((step) => among.includes(step))
  const isThere = last('delete') === undefined
  return {
    isThere,
    isActive: isThere && last('off', 'on') !== 'off',
    isMember: isThere && last('join', 'leave') === 'join',
  }
}
