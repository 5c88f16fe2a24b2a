import type { UnusableValue } from '../../domain/address.ts'
import type { Attributes } from '../../domain/attributes.ts'
import type { EnrollmentView, IdentityView, RecordView, UnusableView } from '../../domain/identity-view.ts'
import { maskAddress } from '../../domain/masked.ts'
import type { Right } from '../../domain/right.ts'
import { type EnrollmentRow, viewEnrollment } from './enrollments.ts'
import { maskAttributes } from './mask-view.ts'
import { formatTimestamp } from './timestamp.ts'

/** An identity with all that hangs on it, in one row. */
export interface IdentityRow {
  readonly id: string
  readonly user_name: string | null
  readonly active: boolean
  readonly attributes: Attributes
  readonly review_at: Date | null
  readonly unusable: readonly UnusableValue[] | null
  /** These three in no order; null where there are none. */
  readonly records: readonly RecordView[] | null
  readonly rights: readonly Right[] | null
  readonly enrollments: readonly EnrollmentRow<string>[] | null
}

/**
 * The columns of `IdentityRow` of `identities i`, with `identity_states s` joined: what hangs on an identity comes as
 * JSON in the same round trip. A record is shown under the name that its source knows, and one that its source deleted
 * is not.
 */
export const identityColumns = `i.id, i.user_name, i.active, i.attributes, s.review_at, s.unusable,
  (select json_agg(json_build_object('source', r.source, 'externalId', coalesce(u.external_id, r.external_id),
      'seenAt', case when r.missing_since is null then greatest(r.changed_at, p.last_proved_at) end,
      'missingSince', r.missing_since))
    from source_records r left join sources p on p.name = r.source left join scim_users u on u.id = r.id
    where r.identity_id = i.id and r.deleted_at is null) as records,
  (select json_agg(json_build_object('factor', g.factor, 'effective', g.effective, 'clients', g.clients,
      'origins', g.origins, 'denials', g.denials))
    from rights g where g.identity_id = i.id) as rights,
  (select json_agg(json_build_object('id', e.id, 'identity_id', e.identity_id, 'factor', e.factor,
      'address', e.address, 'origins', e.origins, 'proof', e.proof, 'enrolled_at', e.enrolled_at,
      'address_changed_at', e.address_changed_at, 'last_used', e.last_used, 'status', e.status,
      'status_reason', e.status_reason, 'status_by', e.status_by, 'status_since', e.status_since))
    from enrollments e where e.identity_id = i.id and e.status is not null) as enrollments`

/** An identity as it is shown, its addresses masked unless they are revealed. */
export function viewIdentity(row: IdentityRow, revealed: boolean): IdentityView {
  return {
    id: row.id,
    userName: row.user_name,
    active: row.active,
    attributes: revealed ? row.attributes : maskAttributes(row.attributes),
    // Sorted here: a handful is sorted faster than PostgreSQL sets a sort up.
    records: (row.records ?? []).map(viewRecord).sort(compareRecords),
    rights: (row.rights ?? []).toSorted((one, other) => compareTexts(one.factor, other.factor)),
    enrollments: (row.enrollments ?? [])
      .map((enrollment): EnrollmentView => viewEnrollment(enrollment, revealed))
      .sort((one, other) => compareTexts(one.id, other.id)),
    unusable: (row.unusable ?? []).map((value) => viewUnusable(value, revealed)),
    reviewAt: formatTimestamp(row.review_at),
  }
}

function viewRecord({ source, externalId, seenAt, missingSince }: RecordView): RecordView {
  return { source, externalId, seenAt: formatTimestamp(seenAt), missingSince: formatTimestamp(missingSince) }
}

function compareRecords(one: RecordView, other: RecordView): number {
  return compareTexts(one.source, other.source) || compareTexts(one.externalId, other.externalId)
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function viewUnusable(value: UnusableValue, revealed: boolean): UnusableView {
  return {
    factor: value.factor,
    attribute: value.attribute,
    source: value.source,
    value: revealed ? value.value : maskAddress(value.factor, value.value),
    reason: value.reason,
  }
}
