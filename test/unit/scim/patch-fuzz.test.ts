import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { canonicalJson } from '../../../domain/canonical-json.ts'
import type { ScimDocument } from '../../../domain/scim-resource.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { applyPatch } from '../../../scim/patch/apply-patch.ts'
import { parsePatch } from '../../../scim/patch/parse-patch.ts'
import { readUser } from '../../../scim/read-user.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const users = userSchema({
  badge: { type: 'string', multiValued: false },
  level: { type: 'number', multiValued: false },
  skills: { type: 'string', multiValued: true },
  certified: { type: 'boolean', multiValued: false },
})

const anna: ScimDocument = {
  userName: 'anna',
  active: true,
  name: { familyName: 'B' },
  emails: [{ value: 'a', type: 'work', primary: true }],
  addresses: [{ type: 'work', locality: 'Ulm' }],
  [enterpriseUrn]: { manager: { value: 'm1' } },
  [musterUrn]: { startDate: '2026-01-01', custom: { level: 1, skills: ['de'] } },
}

const known = fc.constantFrom(
  'userName',
  'active',
  'title',
  'name',
  'givenName',
  'emails',
  'addresses',
  'phoneNumbers',
  'x509Certificates',
  'members',
  'displayName',
  'value',
  'type',
  'primary',
  'locality',
  'externalId',
  'manager',
  'startDate',
  'custom',
  'level',
  'skills',
  'certified',
  'password',
  enterpriseUrn,
  musterUrn,
)
const refused = fc.constantFrom(
  'groups',
  '$ref',
  'id',
  'meta',
  'schemas',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
)
const word = fc.oneof({ weight: 9, arbitrary: known }, refused)
const filter = fc.oneof(
  fc.constantFrom(
    'type eq "work"',
    'value eq "a" and type eq "home"',
    'primary eq "True"',
    'not (type pr)',
    'value co "\\u0000"',
    'type eq null',
    'value eq 5',
    '__proto__ pr',
    'a[b pr]',
    ']',
    '"',
    '(((((((((',
    'value eq "x" or value eq "y"',
  ),
  fc.string({ maxLength: 20 }),
)
const path = fc.oneof(
  { weight: 6, arbitrary: word },
  fc.tuple(word, fc.constantFrom('.', ':', '..', ' '), word).map((parts) => parts.join('')),
  fc
    .tuple(word, filter, fc.constantFrom('', '.', '.value', '.primary', '.locality', '.__proto__', 'x'))
    .map(([head, inner, tail]) => `${head}[${inner}]${tail}`),
  fc.string(),
)
/** Values as clients get them wrong, under names that mean something. */
const leaf = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    false,
    'true',
    'False',
    '',
    ' ',
    0,
    -1,
    1e308,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    'a',
    'work',
    '\0',
    '\ud800',
    '2026-01-01',
    '0000-00-00',
    'x'.repeat(9000),
  ),
  fc.string(),
  fc.double(),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: fc.constantFrom('a', 'true', '2026-01-01', null) },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(path, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}))
const operation = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { op: fc.constantFrom('add', 'Replace', 'remove'), path, value },
      { requiredKeys: ['op'] },
    ),
  },
  value,
)
const body = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      schemas: fc.constant(['urn:ietf:params:scim:api:messages:2.0:PatchOp']),
      Operations: fc.array(operation, { minLength: 1, maxLength: 2 }),
    }),
  },
  value,
)

function freeze<T>(frozen: T): T {
  if (typeof frozen === 'object' && frozen !== null) Object.values(Object.freeze(frozen)).forEach(freeze)
  return frozen
}

/** What a patch gives; null where it is refused. Anything but a ScimFault goes through. */
function tryPatch(schema: typeof users, document: ScimDocument, sent: unknown, strict: boolean) {
  try {
    return applyPatch(schema, document, parsePatch(sent, { strict, maxOperations: 4, maxMembers: 8 }), {
      strict,
    })
  } catch (cause) {
    if (!(cause instanceof ScimFault)) throw cause
    expect([400, 413]).toContain(cause.status)
    return null
  }
}

describe('a PATCH of hostile content', () => {
  freeze(anna)
  const prototype = JSON.stringify(Object.getOwnPropertyNames(Object.prototype))

  it('is carried out or refused by a ScimFault, and reaches neither the document nor a prototype', () => {
    let [carriedOut, faults] = [0, 0]
    fc.assert(
      fc.property(body, fc.boolean(), (sent, strict) => {
        const patched = tryPatch(users, anna, freeze(sent), strict)
        if (patched === null) faults++
        else carriedOut++
        expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(prototype)
      }),
      { numRuns: 2000 },
    )
    expect(carriedOut).toBeGreaterThan(100)
    expect(faults).toBeGreaterThan(100)
  })

  it('leaves a canonical document: what it says, a body may say, and says the same', () => {
    fc.assert(
      fc.property(body, (sent) => {
        const patched = tryPatch(users, anna, sent, false)
        if (patched === null) return
        expect(canonicalJson(readUser(users, patched.document, { strict: false }))).toBe(
          canonicalJson(patched.document),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('changes members by ids alone', () => {
    const staff = freeze({ displayName: 'Staff' })
    fc.assert(
      fc.property(body, fc.boolean(), (sent, strict) => {
        for (const change of tryPatch(groupSchema, staff, sent, strict)?.members ?? []) {
          if (change.kind !== 'clear')
            expect(change.ids.every((id) => typeof id === 'string' && id !== '')).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('never repeats a value that was sent', () => {
    const operations = [
      { op: 'replace', path: 'active', value: 'secret' },
      { op: 'replace', path: 'emails', value: [{ value: 'secret', primary: 'secret' }] },
      { op: 'replace', path: 'emails[value eq "secret" or type pr].primary', value: 'secret' },
      { op: 'add', path: 'phoneNumbers[not (value eq "secret")].value', value: 'secret' },
      { op: 'remove', path: 'emails[nothing eq "secret"]' },
      { op: 'secret', path: 'emails', value: 'x' },
      { op: 'replace', path: `${musterUrn}:startDate`, value: 'secret' },
    ]
    for (const each of operations) {
      try {
        applyPatch(
          users,
          anna,
          parsePatch({ Operations: [each] }, { strict: false, maxOperations: 4, maxMembers: 8 }),
          { strict: false },
        )
        expect.fail(each.path)
      } catch (cause) {
        if (!(cause instanceof ScimFault)) throw cause
        expect(cause.message).not.toContain('secret')
      }
    }
  })

  it('is done at once with paths of full length', () => {
    const shapes = ['emails[', ']', '].', 'a.', '"', '\\"', ' ', 'emails[type eq "a"].value']
    const started = performance.now()
    for (const shape of shapes) {
      const text = shape.repeat(8192 / shape.length)
      for (const hostile of [text, `emails[${text}]`, `emails[type eq "${text}`, `${text}]`]) {
        tryPatch(users, anna, { Operations: [{ op: 'remove', path: hostile.slice(0, 8192) }] }, false)
      }
    }
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
