import { expect } from 'vitest'
import type { Person, Scenario, Step } from '../integration/scim-scenarios/scenario.ts'

/** What a sequence is run against. */
export interface Stage {
  /** With `/scim/v2`. */
  readonly url: string
  readonly token: string
  /** Decides everything that is due. */
  settle(): Promise<void>
  /** What Muster holds of the person behind a resource, now. */
  look(resourceId: string): Promise<PersonSeen>
}

export interface PersonSeen extends Required<Omit<Person, 'is'>> {
  readonly identity: string
}

/** Plays a recorded sequence step by step, and fails at the first that is answered otherwise. */
export async function playScenario({ steps }: Scenario, stage: Stage): Promise<void> {
  const kept = new Map<string, string>()
  const identities = new Map<string, string>()
  for (const step of steps) {
    const { status, headers, body } = await send(step, stage, kept)
    expect([step.does, status, status < 400 ? null : body]).toEqual([
      step.does,
      step.status,
      step.status < 400 ? null : expect.anything(),
    ])
    checkAnswer(step, headers, body, kept)
    for (const [name, path] of Object.entries(step.keeps ?? {})) kept.set(name, readPath(body, path, step))
    // While the person has a resource: a deleted one leads nowhere for a client, and still to its identity here.
    await checkPeople(step.does, step.atOnce, stage, kept, identities)
    if (step.settled === undefined) continue
    await stage.settle()
    await checkPeople(`${step.does}, when all is decided`, step.settled, stage, kept, identities)
  }
}

async function send({ method, path, headers, body, token }: Step, stage: Stage, kept: Map<string, string>) {
  const filled = fillIn(path, kept)
  const answer = await fetch(stage.url + (filled.includes('%') ? filled : encodeURI(filled)), {
    method,
    headers: {
      accept: 'application/scim+json, application/json',
      ...(token === 'none' ? {} : { authorization: `Bearer ${stage.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
      ...fillIn(headers ?? {}, kept),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(fillIn(body, kept)) }),
  })
  const text = await answer.text()
  const parsed: unknown = text === '' ? null : JSON.parse(text)
  return { status: answer.status, headers: answer.headers, body: parsed }
}

function checkAnswer(step: Step, headers: Headers, body: unknown, kept: ReadonlyMap<string, string>): void {
  if (step.status === 204) expect(body, step.does).toBeNull()
  else expect(headers.get('content-type'), step.does).toMatch(/^application\/scim\+json/)
  if (step.answer !== undefined) expect(body, step.does).toMatchObject(fillIn(step.answer, kept) as object)
  for (const name of step.lacks ?? []) expect(body, step.does).not.toHaveProperty(name)
  for (const [name, value] of Object.entries(step.answerHeaders ?? {}))
    expect(headers.get(name), step.does).toContain(value)
}

async function checkPeople(
  when: string,
  people: Step['settled'],
  stage: Stage,
  kept: ReadonlyMap<string, string>,
  identities: Map<string, string>,
): Promise<void> {
  for (const [name, { is, ...wanted }] of Object.entries(people ?? {})) {
    const seen = await stage.look(kept.get(name) ?? '')
    expect({ when, name, ...seen }).toMatchObject({ when, name, ...wanted })
    if (is !== undefined) expect([when, seen.identity]).toEqual([when, identities.get(is)])
    identities.set(name, seen.identity)
  }
}

/** Puts what was kept in the place of `{{name}}`, in every text. */
function fillIn<T>(value: T, kept: ReadonlyMap<string, string>): T {
  const fill = (one: unknown): unknown => {
    if (typeof one === 'string')
      return one.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => kept.get(name) ?? whole)
    if (Array.isArray(one)) return one.map(fill)
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, fill(inner)]))
  }
  return fill(value) as T
}

function readPath(body: unknown, path: string, { does }: Step): string {
  let at = body
  for (const key of path.split('.')) at = (at as Record<string, unknown> | null | undefined)?.[key]
  if (typeof at !== 'string') throw new Error(`${does}: the answer has no ${path}.`)
  return at
}
