import { v7 as newId } from 'uuid'
import type { UnusableValue } from '../../domain/address.ts'
import type { Attributes } from '../../domain/attributes.ts'
import type { Enrollment } from '../../domain/enrollment.ts'
import { foldKey } from '../../domain/fold-key.ts'
import type { Right } from '../../domain/right.ts'
import type { Database } from '../../store/database.ts'

/** A person as a test writes one down; what it leaves out is ordinary. */
export interface Person {
  readonly id?: string
  readonly active?: boolean
  readonly attributes?: Attributes
  readonly sources?: readonly string[]
  readonly rights?: readonly Right[]
  readonly enrollments?: readonly Partial<Enrollment>[]
  readonly unusable?: readonly UnusableValue[]
  readonly reviewAt?: string
}

const then = '2026-03-01T08:00:00.000Z'

/** Puts people into the store as the application would have; returns their ids in the order given. */
export async function insertPeople(
  database: Database,
  people: readonly Person[],
): Promise<readonly string[]> {
  const ids = people.map((person) => person.id ?? newId())
  const rows = people.map((person, index) => ({ person, id: ids[index] ?? newId() }))
  await database.batchInsert(
    'identities',
    rows.map(({ person, id }) => ({
      id,
      user_name: person.attributes?.userName ?? null,
      user_name_key: person.attributes?.userName === undefined ? null : foldKey(person.attributes.userName),
      active: person.active ?? true,
      attributes: JSON.stringify(person.attributes ?? {}),
      addresses: '[]',
      sources: person.sources ?? ['corp'],
      created_at: then,
      changed_at: then,
    })),
  )
  await database.batchInsert(
    'identity_states',
    rows.map(({ person, id }) => ({
      identity_id: id,
      revision: 1,
      review_at: person.reviewAt ?? null,
      unusable: JSON.stringify(person.unusable ?? []),
    })),
  )
  await database.batchInsert(
    'rights',
    rows.flatMap(({ person, id }) =>
      (person.rights ?? []).map((right) => ({
        identity_id: id,
        factor: right.factor,
        effective: right.effective,
        clients: right.clients === null ? null : JSON.stringify(right.clients),
        origins: JSON.stringify(right.origins),
        denials: JSON.stringify(right.denials),
      })),
    ),
  )
  await database.batchInsert(
    'enrollments',
    rows.flatMap(({ person, id }) =>
      (person.enrollments ?? []).map((enrollment) => enrollmentRow(id, enrollment)),
    ),
  )
  return ids
}

function enrollmentRow(identityId: string, enrollment: Partial<Enrollment>) {
  const address = enrollment.address ?? '+4915112345678'
  return {
    id: enrollment.id ?? newId(),
    identity_id: identityId,
    factor: enrollment.factor ?? 'otp-sms',
    address,
    key: enrollment.key ?? address,
    origins: JSON.stringify(enrollment.origins ?? []),
    proof: enrollment.proof ?? 'asserted',
    proof_required: enrollment.proofRequired ?? false,
    removed: enrollment.removed === undefined ? null : JSON.stringify(enrollment.removed),
    enrolled_at: enrollment.enrolledAt ?? then,
    status: enrollment.status === undefined ? 'active' : enrollment.status,
    status_reason: enrollment.statusReason ?? null,
    status_by: enrollment.statusBy ?? null,
    status_since: enrollment.statusSince ?? then,
  }
}
