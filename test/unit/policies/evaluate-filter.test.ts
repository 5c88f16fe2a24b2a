import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { MusterError } from '../../../domain/error.ts'
import { evaluateFilter } from '../../../policies/filter/evaluate-filter.ts'
import { identityDocument } from '../../../policies/filter/identity-document.ts'
import { parseFilter } from '../../../policies/filter/parse-filter.ts'
import { identity, settings } from './sample-identity.ts'

const anna = identityDocument(
  identity({
    sources: ['corp', 'hr'],
    attributes: {
      userName: 'Anna.B',
      title: '',
      name: { familyName: 'Bäcker' },
      emails: [
        { value: 'anna@example.com', type: 'work', primary: true, source: 'corp' },
        { value: 'a@home.example', type: 'home', source: 'hr' },
      ],
      groups: [
        { value: 'admins', source: 'lab' },
        { value: 'staff', source: 'corp' },
      ],
      [enterpriseUrn]: { department: 'Sales', manager: { value: 'M1' } },
      [musterUrn]: {
        startDate: '2026-03-01',
        custom: { level: 3, remote: true, skills: ['de', 'FR'], certifiedUntil: '2026-03-01T01:00:00+01:00' },
      },
    },
  }),
)

const holds = (text: string, document = anna) =>
  evaluateFilter(parseFilter(text, settings.customAttributes), document)

describe('evaluateFilter', () => {
  it.each([
    'userName eq "anna.b"',
    'userName sw "ANNA" and userName ew ".b" and userName co "A.B"',
    'id eq "6f1c1f9e-0c52-4c8e-9a4e-2f1b8f8f0001"',
    'name.familyName eq "BÄCKER"',
    'name pr',
    'manager eq "M1" and manager.value eq "M1"',
    'emails eq "A@HOME.example"',
    'emails[type eq "home" and value sw "a@"]',
    'emails[type eq "work"].value eq "anna@example.com"',
    'emails[primary eq true and source eq "corp"]',
    'sources eq "HR"',
    'custom.skills eq "fr"',
    'custom.level ge 3 and custom.level lt 4',
    'custom.remote eq true',
    'startDate eq "2026-03-01T01:00:00+01:00"',
    'custom.certifiedUntil eq "2026-03-01T00:00:00Z"',
    'startDate lt "2026-03-01T00:00:00.001Z"',
    'groups eq "admins"',
    'userName gt "anna.a" and userName le "ANNA.B"',
    'nickName eq null and nickName ne "x"',
    'userName ne null',
    'not (nickName eq "x")',
  ])('holds: %s', (text) => {
    expect(holds(text)).toBe(true)
  })

  it.each([
    'id eq "6F1C1F9E-0C52-4C8E-9A4E-2F1B8F8F0001"',
    'id eq "not-a-uuid"',
    'manager eq "m1"',
    'title pr',
    'nickName eq ""',
    'nickName gt "a"',
    'emails[type eq "home"].value eq "anna@example.com"',
    'emails[type eq "home" and value eq "anna@example.com"]',
    'emails ne "anna@example.com"',
    'emails eq null',
    'entitlements pr',
    'custom.skills ne "de"',
  ])('does not hold: %s', (text) => {
    expect(holds(text)).toBe(false)
  })

  it('sees the groups of the named sources only, where they are named', () => {
    const document = identityDocument(
      identity({ attributes: { groups: [{ value: 'admins', source: 'lab' }] } }),
      ['corp'],
    )
    expect(holds('groups eq "admins"', document)).toBe(false)
    expect(holds('groups pr', document)).toBe(false)
  })

  it('orders text by code point, as the database does', () => {
    // U+FF5E is below U+1F600, but its UTF-16 unit is above the first half of the pair.
    expect(holds('title lt "\u{1F600}"', { title: '\uFF5E' })).toBe(true)
  })

  it('takes a value of the wrong type for none', () => {
    const garbled = {
      [musterUrn]: { startDate: 'soon', custom: { level: '3', skills: 'de' } },
      emails: ['a', null],
    }
    for (const text of [
      'startDate gt "2000-01-01"',
      'custom.level eq 3',
      'custom.skills eq "de"',
      'emails eq "a"',
    ]) {
      expect(holds(text, garbled)).toBe(false)
    }
  })

  it('never throws but for a fault in the filter, whatever the filter and the document', () => {
    const names = [
      'userName',
      'emails',
      'emails.type',
      'startDate',
      'custom.level',
      'active',
      'groups',
      'sources',
      'x',
    ]
    const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']
    const term = fc.oneof(
      fc
        .tuple(fc.constantFrom(...names), fc.constantFrom(...operators), fc.json({ maxDepth: 0 }))
        .map((t) => t.join(' ')),
      fc.constantFrom(...names).map((name) => `${name} pr`),
    )
    const { filter } = fc.letrec<{ filter: string }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 4 },
        term,
        fc.tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter')).map((t) => t.join(' ')),
        tie('filter').map((inner) => `not (${inner})`),
        tie('filter').map((inner) => `emails[${inner}]`),
        tie('filter').map((inner) => `emails[${inner}].value eq "a"`),
        fc.string(),
      ),
    }))
    const document = fc.dictionary(
      fc.constantFrom('userName', 'emails', 'active', 'groups', musterUrn),
      fc.jsonValue(),
    )
    let evaluated = 0
    fc.assert(
      fc.property(filter, document, (text, about) => {
        try {
          expect(typeof holds(text, about)).toBe('boolean')
          evaluated++
        } catch (cause) {
          if (!(cause instanceof MusterError)) throw cause
          expect(cause.code).toBe('filter-invalid')
        }
      }),
      { numRuns: 500 },
    )
    expect(evaluated).toBeGreaterThan(50)
  })

  it('denies with not exactly what it would let in', () => {
    const filter = fc.constantFrom(
      'userName eq "a"',
      'emails[type eq "b"]',
      'title ne "x"',
      'custom.level gt 1',
      'name pr',
    )
    fc.assert(
      fc.property(
        filter,
        fc.dictionary(fc.constantFrom('userName', 'emails', 'title'), fc.jsonValue()),
        (text, about) => {
          expect(holds(`not (${text})`, about)).toBe(!holds(text, about))
        },
      ),
    )
  })
})
