import { v7 as newId } from 'uuid'
import type { Connection, ScimWorld } from '../../application/scim/scim-world.ts'
import type { Actor } from '../../domain/actor.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import { blankEnrollment } from '../../domain/enrollment.ts'
import type { Factor } from '../../domain/factor.ts'
import type { Database } from '../../store/database.ts'
import { openStore } from '../../store/store.ts'
import { derivation } from './merge-world.ts'

/** `workday` and `okta` push and decide; `badge` pushes and is ignored; `corp` and `hr` are read. */
export function scimWorld(database: Database, given: Partial<ScimWorld> = {}): ScimWorld {
  return {
    store: openStore(database),
    clock: () => new Date(),
    newId,
    customAttributes: {},
    limits: { patchOperations: 1000, members: 10_000 },
    nudge: () => undefined,
    derivation: {
      ...derivation,
      deciding: new Set([...derivation.deciding, 'workday', 'okta']),
      correlate: new Map([
        ...derivation.correlate,
        ...['workday', 'okta', 'badge'].map((source) => [source, ['employeeNumber', 'userName']] as const),
      ]),
    },
    ...given,
  }
}

export function connection(
  source: 'workday' | 'okta' | 'badge',
  given: Partial<Connection> = {},
): Connection {
  const trust = { emails: 'asserted', phoneNumbers: 'asserted' } as const
  return { source, strict: false, country: 'DE', trust, decides: source !== 'badge', ...given }
}

export const pusher: Actor = { kind: 'client', id: 'token' }
export const anyVersion = { ifMatch: null } as const

/** A user as a client would POST it. */
export function userBody(userName: string, more: Readonly<Record<string, unknown>> = {}) {
  return { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, ...more }
}

/** With an employee number, by which other sources know the person. */
export function employeeBody(number: string, more: Readonly<Record<string, unknown>> = {}) {
  return userBody(`user${number}`, { [enterpriseUrn]: { employeeNumber: number }, ...more })
}

export function groupBody(displayName: string, members: readonly string[] = []) {
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group']
  return { schemas, displayName, members: members.map((value) => ({ value })) }
}

export function patchBody(...operations: readonly Readonly<Record<string, unknown>>[]) {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations }
}

export const addMembers = (...ids: readonly string[]) =>
  patchBody({ op: 'add', path: 'members', value: ids.map((value) => ({ value })) })

/** What policies and a client would have given a person: a right, an enrollment, and a challenge that is open. */
export async function giveAccess(
  { store, clock }: ScimWorld,
  identityId: string,
  factor: Factor = 'otp-email',
): Promise<{ readonly challengeId: string; readonly enrollmentId: string }> {
  const at = clock()
  const [challengeId, enrollmentId] = [newId(), newId()]
  const since = at.toISOString()
  const origin = { since, until: null, reason: null, clients: null }
  await store.transaction(async (trx) => {
    await store.rights.putRight(trx, identityId, {
      factor,
      effective: true,
      clients: null,
      origins: [
        { ...origin, kind: 'policy', policy: 'p', by: null },
        { ...origin, kind: 'manual', policy: null, by: 'boss' },
      ],
      denials: [],
    })
    const blank = blankEnrollment(enrollmentId, factor, 'a@example.com', 'a@example.com', since)
    await store.enrollments.insertEnrollments(trx, [
      { ...blank, proof: 'asserted', status: 'active', identityId },
    ])
    await trx('challenges').insert({
      id: challengeId,
      identity_id: identityId,
      client: 'portal',
      purpose: 'authentication',
      factor,
      enrollment_id: enrollmentId,
      status: 'pending',
      digits: 6,
      tries: 3,
      max_sends: 3,
      context: '{}',
      created_at: at,
      expires_at: new Date(at.getTime() + 600_000),
    })
  })
  return { challengeId, enrollmentId }
}
