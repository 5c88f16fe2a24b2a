import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { evaluateFilter } from '../../../policies/filter/evaluate-filter.ts'
import { parseResourceFilter } from '../../../scim/filter/parse-resource-filter.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const users = userSchema({
  badge: { type: 'string', multiValued: false },
  level: { type: 'number', multiValued: false },
  skills: { type: 'string', multiValued: true },
  certifiedUntil: { type: 'date', multiValued: false },
})
const coreUrn = 'urn:ietf:params:scim:schemas:core:2.0:User'
const caps = { maxBytes: 4096 }
const parse = (text: string) => parseResourceFilter(users, text, caps)
const parseGroup = (text: string) => parseResourceFilter(groupSchema, text, caps)

function faultOf(run: () => unknown): ScimFault {
  try {
    run()
  } catch (cause) {
    if (cause instanceof ScimFault) return cause
    throw cause
  }
  throw new Error('accepted')
}

/** As `renderResource` gives it. */
const anna = {
  schemas: [coreUrn, enterpriseUrn],
  id: '0198C0de-0000-7000-8000-000000000001',
  externalId: 'E-1',
  meta: {
    resourceType: 'User',
    created: '2026-01-01T00:00:00.000Z',
    lastModified: '2026-02-01T00:00:00.000Z',
  },
  userName: 'Anna.B',
  active: true,
  name: { familyName: 'Bäcker' },
  profileUrl: 'https://example.com/Anna',
  emails: [
    { value: 'anna@example.com', type: 'work', primary: true },
    { value: 'a@home.example', type: 'home' },
  ],
  addresses: [{ type: 'work', locality: 'Ulm' }],
  x509Certificates: [{ value: 'AAAA' }],
  groups: [{ value: 'g1', display: 'Staff', type: 'direct' }],
  [enterpriseUrn]: { department: 'Sales', manager: { value: 'M1' } },
  [musterUrn]: { startDate: '2026-03-01', custom: { badge: 'B-7', level: -3, skills: ['de', 'fr'] } },
}

describe('parseResourceFilter on users (RFC 7644 section 3.4.2.2)', () => {
  it.each([
    'userName eq "ANNA.b"',
    'USERNAME EQ "anna.b" AND (active eq true)',
    `${coreUrn}:userName sw "anna" and ${coreUrn}:name.familyName eq "BÄCKER"`,
    'externalId eq "E-1"',
    'id eq "0198C0de-0000-7000-8000-000000000001"',
    'meta.lastModified gt "2026-01-31T00:00:00Z" and meta.created le "2026-01-01T01:00:00+01:00"',
    'meta pr and name pr and addresses pr and x509Certificates pr',
    'emails co "HOME" and emails.value ew ".com"',
    'emails[type eq "work"].value eq "anna@example.com"',
    'emails[type eq "work" and not (value co "home")]',
    'emails[primary eq "True"]',
    'addresses[locality eq "ulm"] and addresses.type eq "work"',
    'groups eq "g1" and groups.display eq "staff" and groups[type eq "direct"]',
    `${enterpriseUrn} pr`,
    `${enterpriseUrn.toUpperCase()}:DEPARTMENT eq "sales"`,
    `${enterpriseUrn}:manager eq "M1" and ${enterpriseUrn}:manager.value eq "M1" and ${enterpriseUrn}:manager pr`,
    `${musterUrn}:startDate lt "2026-03-02"`,
    `${musterUrn}:custom.badge eq "b-7" and ${musterUrn}:custom pr`,
    `${musterUrn}:custom.level eq -3 and ${musterUrn}:custom.level gt -3.5e0`,
    `${musterUrn}:custom.skills eq "FR" and ${musterUrn}:custom.skills pr`,
    'profileUrl eq "https://example.com/Anna"',
    'nickName eq null and not (title pr)',
  ])('holds: %s', (text) => {
    expect(evaluateFilter(parse(text), anna)).toBe(true)
  })

  it.each([
    'externalId eq "e-1"',
    'id eq "0198c0de-0000-7000-8000-000000000001"',
    'id eq "not-a-uuid"',
    'profileUrl eq "https://example.com/anna"',
    `${enterpriseUrn}:manager.value eq "m1"`,
    'emails[type eq "home"].value eq "anna@example.com"',
    'emails ne "anna@example.com"',
    'photos pr',
  ])('does not hold: %s', (text) => {
    expect(evaluateFilter(parse(text), anna)).toBe(false)
  })

  it.each([
    '',
    'userName',
    'userName eq',
    'userName eq "x',
    "userName eq 'x'",
    'userName eq "x" or',
    'nothing eq "x"',
    'department eq "Sales"',
    'password eq "x"',
    'password pr',
    'schemas eq "x"',
    'meta.version eq "x"',
    '__proto__ pr',
    'constructor.name eq "x"',
    'emails.__proto__ pr',
    'emails[__proto__ pr]',
    'name eq "x"',
    `${enterpriseUrn} eq "x"`,
    `${coreUrn} pr`,
    'groups.$ref eq "x"',
    `${enterpriseUrn}:manager.$ref pr`,
    'active gt true',
    'active co "tr"',
    'x509Certificates.value gt "A"',
    'addresses eq "x"',
    'meta.created sw "2026"',
    'meta.created gt "soon"',
    'meta.created gt "0000-01-01T00:00:00Z"',
    `${musterUrn}:custom.level eq 1e999`,
    `${musterUrn}:custom.level eq "1"`,
    `${musterUrn}:custom.nothing eq "1"`,
    'userName[value eq "x"]',
    'emails[value[value eq "x"]]',
    'members.value eq "x"',
  ])('refuses %s as invalidFilter', (text) => {
    expect(faultOf(() => parse(text))).toMatchObject({ status: 400, scimType: 'invalidFilter' })
  })

  it('never repeats a value that was compared with', () => {
    for (const text of [
      'userName eq "secret',
      'nothing eq "secret"',
      'active eq "secret"',
      'userName eq "secret" secret',
    ]) {
      expect(faultOf(() => parse(text)).message).not.toContain('secret')
    }
  })

  it('caps length by its argument, and depth and terms always', () => {
    const long = `userName eq "${'x'.repeat(5000)}"`
    expect(faultOf(() => parse(long)).message).toMatch(/4096 bytes/)
    expect(parseResourceFilter(users, long, { maxBytes: 8192 })).toMatchObject({ op: 'compare' })
    const terms = Array.from({ length: 101 }, () => 'id pr').join(' or ')
    for (const text of [terms, `${'('.repeat(40)}id pr${')'.repeat(40)}`, `${'not '.repeat(101)}id pr`]) {
      expect(faultOf(() => parse(text)).scimType).toBe('invalidFilter')
    }
  })

  it('is done at once with hostile texts of full length', () => {
    const shapes = [
      ' eq ',
      '((((',
      '[[',
      '"\\',
      'a[',
      'not ',
      '-1e+',
      'emails[type eq "a"].',
      '\t',
      '].',
      'eq 1 ',
    ]
    const started = performance.now()
    for (const shape of shapes) {
      const text = shape.repeat(8192 / shape.length).slice(0, 8192)
      for (const hostile of [text, `userName eq ${text}`, `emails[${text}]`]) {
        expect(
          faultOf(() => parseResourceFilter(users, hostile.slice(0, 8192), { maxBytes: 8192 })),
        ).toBeInstanceOf(ScimFault)
      }
    }
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('ends in a filter or in a ScimFault, whatever the text', () => {
    const token = fc.constantFrom(
      'userName',
      'emails',
      'meta.created',
      `${enterpriseUrn}:manager`,
      'constructor',
      'eq',
      'ne',
      'pr',
      'gt',
      'co',
      'and',
      'or',
      'not',
      '(',
      ')',
      '[',
      ']',
      '].',
      '"a"',
      '"\\u0000"',
      '"\\ud800"',
      '"',
      '1e400',
      '-5',
      'true',
      'null',
      '$ref',
      ' ',
      '\0',
    )
    const term = fc.oneof(
      fc
        .tuple(
          fc.constantFrom('userName', 'emails.type', 'active', 'meta.created', 'groups', 'constructor'),
          fc.constantFrom('eq', 'NE', 'co', 'gt'),
          fc.constantFrom(
            '"a"',
            '"\\u0000"',
            '"\\ud800"',
            '"',
            '1e400',
            '-5',
            'true',
            'null',
            '"2026-01-01"',
          ),
        )
        .map((words) => words.join(' ')),
      fc.constantFrom('name pr', 'emails[type eq "work"]', 'emails[not (primary pr)].value pr'),
    )
    const text = fc.oneof(
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(' ')),
      fc.tuple(term, fc.constantFrom('and', 'or', 'and not'), term).map((words) => words.join(' ')),
      fc.string({ unit: 'binary' }),
    )
    let parsed = 0
    fc.assert(
      fc.property(text, (hostile) => {
        try {
          expect(typeof evaluateFilter(parse(hostile), anna)).toBe('boolean')
          parsed++
        } catch (cause) {
          expect(cause).toBeInstanceOf(ScimFault)
        }
      }),
      { numRuns: 1500 },
    )
    expect(parsed).toBeGreaterThan(50)
  })
})

describe('parseResourceFilter on groups', () => {
  const staff = {
    id: 'g1',
    displayName: 'Staff',
    externalId: 'X',
    members: [{ value: 'u1', type: 'User', display: 'Anna' }],
  }

  it.each([
    'displayName eq "STAFF"',
    'urn:ietf:params:scim:schemas:core:2.0:Group:displayName pr',
    'members eq "u1" and members.value eq "u1"',
    'members[value eq "u1" and type eq "user"]',
    'externalId eq "X"',
  ])('holds: %s', (text) => {
    expect(evaluateFilter(parseGroup(text), staff)).toBe(true)
  })

  it('compares ids of members case by case, and refuses their references', () => {
    expect(evaluateFilter(parseGroup('members.value eq "U1"'), staff)).toBe(false)
    for (const text of ['members.$ref eq "x"', 'members[$ref pr]', 'userName pr']) {
      expect(faultOf(() => parseGroup(text)).scimType).toBe('invalidFilter')
    }
  })
})
