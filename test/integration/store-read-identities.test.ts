// Longer than 300 lines: one population, and every question that is asked of it.
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../domain/actor.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import type { IdentityView } from '../../domain/identity-view.ts'
import { parseFilter } from '../../policies/filter/parse-filter.ts'
import { countEnrollments, getEnrollment, readEnrollments } from '../../store/read/enrollments.ts'
import { findIdentity } from '../../store/read/find-identity.ts'
import { countIdentities, findIdentities, getIdentity, readIdentities } from '../../store/read/identities.ts'
import { readWithTimeout } from '../../store/read/statement-timeout.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertPeople } from '../support/population.ts'

const admin: Actor = { kind: 'admin', id: 'root' }
const reveal = { actor: admin, clock: () => new Date('2026-05-01T10:00:00Z') }

let db: TestDatabase
let anna = ''
let enrollmentId = ''
beforeAll(async () => {
  db = await createTestDatabase()
  enrollmentId = newId()
  const [id] = await insertPeople(db.database, [
    {
      attributes: {
        userName: 'Anna',
        emails: [{ value: 'anna.b@example.com', type: 'work', source: 'corp' }],
        phoneNumbers: [{ value: '+49 151 12345678', type: 'mobile', source: 'corp' }],
        [enterpriseUrn]: { department: 'Field Service' },
      },
      rights: [
        {
          factor: 'otp-sms',
          effective: true,
          clients: null,
          origins: [
            {
              kind: 'policy',
              policy: 'field-staff',
              by: null,
              since: '2026-03-01T08:00:00.000Z',
              until: null,
              reason: null,
              clients: null,
            },
          ],
          denials: [],
        },
      ],
      enrollments: [
        {
          id: enrollmentId,
          address: '+4915112345678',
          origins: [
            {
              kind: 'policy',
              policy: 'field-staff',
              source: 'corp',
              attribute: 'phoneNumbers',
              type: 'mobile',
              since: '2026-03-01T08:00:00.000Z',
              onUnmatch: 'suspend',
            },
          ],
        },
        {
          address: '+4915198765432',
          status: null,
          removed: { by: 'admin', id: 'root', at: '2026-03-02T08:00:00.000Z' },
        },
      ],
      unusable: [
        {
          factor: 'otp-sms',
          attribute: 'phoneNumbers',
          source: 'corp',
          value: '+493012345678',
          reason: 'landline',
        },
      ],
      reviewAt: '2026-06-01T00:00:00Z',
    },
  ])
  anna = id ?? ''
  await db.database('sources').insert([
    { name: 'corp', type: 'ldap', last_proved_at: '2026-04-01T06:00:00Z' },
    { name: 'hr', type: 'csv', last_proved_at: '2026-04-02T06:00:00Z' },
  ])
  const record = {
    hash: Buffer.alloc(16),
    active: true,
    attributes: '{}',
    created_at: '2026-03-01T08:00:00Z',
    changed_at: '2026-03-01T08:00:00Z',
  }
  await db.database('source_records').insert([
    { ...record, id: newId(), source: 'corp', external_id: 'a:1', identity_id: anna, link: 'created' },
    {
      ...record,
      id: newId(),
      source: 'hr',
      external_id: '4711',
      identity_id: anna,
      link: 'key',
      missing_since: '2026-04-02T06:00:00Z',
    },
    {
      ...record,
      id: newId(),
      source: 'hr',
      external_id: '4712',
      identity_id: null,
      link: 'none',
      link_fault: 'ambiguous:employeeNumber',
    },
  ])
})
afterAll(() => db.close())

async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

async function looksAt(identity: string): Promise<number> {
  const [row] = await db
    .database('audit_events')
    .where({ action: 'addresses-revealed', identity_id: identity })
    .count<{ n: string }[]>('* as n')
  return Number(row?.n)
}

describe('an identity that is shown', () => {
  test('has the shape of the interfaces page, its addresses masked', async () => {
    const shown = await getIdentity(db.database, anna, null)
    expect(shown).toEqual({
      id: anna,
      userName: 'Anna',
      active: true,
      attributes: {
        userName: 'Anna',
        emails: [{ value: 'a••••b@example.com', type: 'work', source: 'corp' }],
        phoneNumbers: [{ value: '+49•••••••••••78', type: 'mobile', source: 'corp' }],
        [enterpriseUrn]: { department: 'Field Service' },
      },
      records: [
        { source: 'corp', externalId: 'a:1', seenAt: '2026-04-01T06:00:00.000Z', missingSince: null },
        { source: 'hr', externalId: '4711', seenAt: null, missingSince: '2026-04-02T06:00:00.000Z' },
      ],
      rights: [
        {
          factor: 'otp-sms',
          effective: true,
          clients: null,
          origins: [
            {
              kind: 'policy',
              policy: 'field-staff',
              by: null,
              since: '2026-03-01T08:00:00.000Z',
              until: null,
              reason: null,
              clients: null,
            },
          ],
          denials: [],
        },
      ],
      enrollments: [
        {
          id: enrollmentId,
          factor: 'otp-sms',
          address: '+49•••••••••78',
          usable: true,
          status: 'active',
          statusReason: null,
          statusBy: null,
          statusSince: '2026-03-01T08:00:00.000Z',
          origins: [
            {
              kind: 'policy',
              policy: 'field-staff',
              source: 'corp',
              attribute: 'phoneNumbers',
              since: '2026-03-01T08:00:00.000Z',
            },
          ],
          proof: 'asserted',
          enrolledAt: '2026-03-01T08:00:00.000Z',
          addressChangedAt: null,
          lastUsed: null,
        },
      ],
      unusable: [
        {
          factor: 'otp-sms',
          attribute: 'phoneNumbers',
          source: 'corp',
          value: '+49••••••••78',
          reason: 'landline',
        },
      ],
      reviewAt: '2026-06-01T00:00:00.000Z',
    } satisfies IdentityView)
    expect(await looksAt(anna)).toBe(0)
  })

  test('shows its addresses to who asks for them, and the look is in the audit trail', async () => {
    const shown = await getIdentity(db.database, anna, reveal)
    expect(shown.enrollments[0]?.address).toBe('+4915112345678')
    expect(shown.attributes.emails?.[0]?.value).toBe('anna.b@example.com')
    expect(shown.unusable[0]?.value).toBe('+493012345678')
    expect(await looksAt(anna)).toBe(1)
  })

  test('is what each of several asked for who ask at once: revealed to one, masked to another, nobody for a third', async () => {
    const found = await findIdentities(db.database, [
      { id: anna, revealed: false },
      { id: newId(), revealed: true },
      { id: anna.toUpperCase(), revealed: true },
      { id: 'no id', revealed: false },
    ])
    expect(found.map((one) => one?.enrollments[0]?.address ?? null)).toEqual([
      '+49•••••••••78',
      null,
      '+4915112345678',
      null,
    ])
  })

  test('is not found by an id that nobody has', async () => {
    await expect(getIdentity(db.database, newId(), null)).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('a person who is named', () => {
  test('is found by id, by userName in any case and by SOURCE:externalId, colons in it included', async () => {
    for (const who of [anna, 'ANNA', 'ａｎｎａ', 'corp:a:1', 'hr:4711']) {
      expect(await findIdentity(db.database, who), who).toBe(anna)
    }
  })

  test('is a fault that lists the candidates when the name leads to several', async () => {
    const twins = await insertPeople(db.database, [
      { attributes: { userName: 'twin' }, sources: ['corp'] },
      { attributes: { userName: 'Twin' }, sources: ['hr'] },
    ])
    const fault = findIdentity(db.database, 'twin')
    await expect(fault).rejects.toMatchObject({ code: 'ambiguous-identity' })
    await expect(fault).rejects.toThrow(`${twins[0]} (corp), ${twins[1]} (hr)`)
  })

  test('is not found where nothing answers to the name', async () => {
    await expect(findIdentity(db.database, 'nobody')).rejects.toMatchObject({ code: 'not-found' })
    await expect(findIdentity(db.database, newId())).rejects.toMatchObject({ code: 'not-found' })
  })

  test('is told apart from a record that is known but linked to nobody', async () => {
    await expect(findIdentity(db.database, 'hr:4712')).rejects.toThrow(
      'The record hr:4712 is linked to no identity: employeeNumber leads to more than one identity.',
    )
  })
})

describe('a list of identities', () => {
  test('comes newest first, page after page, and stops at its limit', async () => {
    const people = Array.from({ length: 1203 }, (_, index) => ({
      attributes: { userName: `crowd-${index}`, userType: 'crowd' },
      active: index % 2 === 0,
    }))
    const ids = await insertPeople(db.database, people)
    const newestFirst = [...ids].sort().reverse()
    const crowd = parseFilter('userType eq "CROWD"', {})
    expect(await countIdentities(db.database, crowd)).toBe(1203)
    const list = { filter: crowd, reveal: null }
    const all = await collect(readIdentities(db.database, { ...list, limit: 0 }))
    expect(all.map(({ id }) => id)).toEqual(newestFirst)
    const some = await collect(readIdentities(db.database, { ...list, limit: 701 }))
    expect(some.map(({ id }) => id)).toEqual(newestFirst.slice(0, 701))
  })

  test('writes one look for each person whose addresses it reveals', async () => {
    const before = await looksAt(anna)
    const filter = parseFilter('userName eq "anna"', {})
    await collect(readIdentities(db.database, { filter, limit: 10, reveal }))
    expect(await looksAt(anna)).toBe(before + 1)
  })

  test('is cancelled, with a fault that says so, when its filter takes too long', async () => {
    const slow = readWithTimeout(db.database, (trx) => trx.raw('select pg_sleep(5)'), 50)
    await expect(slow).rejects.toMatchObject({ code: 'filter-too-slow' })
  })
})

describe('a list of enrollments', () => {
  test('says whose each is and leaves removed addresses out', async () => {
    const query = { identity: anna, status: null }
    expect(await countEnrollments(db.database, query)).toBe(1)
    const [only, ...others] = await collect(
      readEnrollments(db.database, { ...query, limit: 0, reveal: null }),
    )
    expect(others).toEqual([])
    expect(only).toMatchObject({
      id: enrollmentId,
      address: '+49•••••••••78',
      identity: { id: anna, userName: 'Anna' },
    })
  })

  test('selects by status', async () => {
    await insertPeople(db.database, [
      { enrollments: [{ status: 'locked', factor: 'otp-email', address: 'x@example.com' }] },
    ])
    const locked = await collect(
      readEnrollments(db.database, { identity: null, status: 'locked', limit: 0, reveal: null }),
    )
    expect(locked.map(({ status, usable }) => ({ status, usable }))).toEqual([
      { status: 'locked', usable: false },
    ])
  })

  test('gives one by its id, and a fault for what is no id at all', async () => {
    expect((await getEnrollment(db.database, enrollmentId, reveal)).address).toBe('+4915112345678')
    await expect(getEnrollment(db.database, 'x', null)).rejects.toMatchObject({ code: 'not-found' })
  })
})
