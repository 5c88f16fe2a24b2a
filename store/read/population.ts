import type { UnusableReason } from '../../domain/address.ts'
import type { EnrollmentStatus } from '../../domain/enrollment.ts'
import type { Factor } from '../../domain/factor.ts'
import type { Database } from '../database.ts'

/** Where the whole population stands. Counts only. */
export interface Population {
  readonly identities: number
  readonly active: number
  /** Active people who hold an effective right, by factor. */
  readonly rights: Partial<Record<Factor, number>>
  readonly enrollments: Partial<Record<Factor, Partial<Record<EnrollmentStatus, number>>>>
  /** Active people with a right but no usable enrollment for it, by factor. */
  readonly withoutAddress: Partial<Record<Factor, number>>
  readonly unusable: Partial<Record<UnusableReason, number>>
}

export async function readPopulation(database: Database): Promise<Population> {
  const { rows } = await database.raw<{ rows: { population: Population }[] }>(`
    select jsonb_build_object(
      'identities', (select count(*) from identities),
      'active', (select count(*) from identities where active),
      'rights', coalesce((select jsonb_object_agg(factor, n) from
        (select factor, count(*) as n from rights where effective group by factor) r), '{}'),
      'enrollments', coalesce((select jsonb_object_agg(factor, by_status) from
        (select factor, jsonb_object_agg(status, n) as by_status from
          (select factor, status, count(*) as n from enrollments where status is not null group by factor, status) s
         group by factor) e), '{}'),
      'withoutAddress', coalesce((select jsonb_object_agg(factor, n) from
        (select r.factor, count(*) as n from rights r where r.effective and not exists
          (select 1 from enrollments e where e.identity_id = r.identity_id and e.factor = r.factor and e.status = 'active')
         group by r.factor) w), '{}'),
      'unusable', coalesce((select jsonb_object_agg(reason, n) from
        (select u ->> 'reason' as reason, count(*) as n from identity_states, json_array_elements(unusable) u
         group by 1) u), '{}')) as population`)
  const [row] = rows
  if (row === undefined) throw new Error('An aggregate without a row.')
  return row.population
}
