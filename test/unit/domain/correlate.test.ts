import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import {
  type Candidate,
  type CorrelationInput,
  correlate,
  correlationKeys,
  isRecyclableKey,
} from '../../../domain/correlate.ts'

const person = (identityId: string, more: Partial<Candidate> = {}): Candidate => ({
  identityId,
  left: false,
  liveRecordInSource: false,
  ...more,
})

function input(found: Readonly<Record<string, readonly Candidate[]>>, more: Partial<CorrelationInput> = {}) {
  return {
    keys: Object.keys(found).map((name) => ({ name, key: 'x' })),
    find: (name: string) => found[name] ?? [],
    linkTo: null,
    forbidden: new Set<string>(),
    recyclable: isRecyclableKey,
    ...more,
  }
}

describe('correlation (rule 7)', () => {
  test('creates an identity when no key finds one, and when there is no key at all', () => {
    expect(correlate(input({ employeeNumber: [] }))).toEqual({ kind: 'create' })
    expect(correlate(input({}))).toEqual({ kind: 'create' })
  })

  test('links by the first key that finds anything', () => {
    const found = { employeeNumber: [], userName: [person('b')], emails: [person('c')] }
    expect(correlate(input(found))).toEqual({ kind: 'link', identityId: 'b', key: 'userName', by: 'key' })
  })

  test('links nothing when a key finds several, even where a later key finds one', () => {
    const found = { employeeNumber: [person('b'), person('a'), person('b')], userName: [person('a')] }
    expect(correlate(input(found))).toEqual({
      kind: 'ambiguous',
      key: 'employeeNumber',
      identities: ['a', 'b'],
    })
  })

  test('takes the values of one name together, so that their order never decides', () => {
    const keys = ['x', 'y'].map((key) => ({ name: 'emails', key }))
    const find = (_: string, key: string) => [person(key === 'x' ? 'a' : 'b')]
    expect(correlate(input({}, { keys, find }))).toMatchObject({ kind: 'ambiguous' })
    expect(correlate(input({}, { keys: keys.toReversed(), find }))).toMatchObject({ kind: 'ambiguous' })
  })

  test.each(['userName', 'emails', 'emails.work', 'phoneNumbers.mobile'])(
    'by %s, which is given out again, never links to who has left or has another live record in the source',
    (name) => {
      expect(correlate(input({ [name]: [person('a', { left: true })] }))).toEqual({ kind: 'create' })
      expect(correlate(input({ [name]: [person('a', { liveRecordInSource: true })] }))).toEqual({
        kind: 'create',
      })
      const mixed = [person('a', { left: true }), person('b')]
      expect(correlate(input({ [name]: mixed }))).toMatchObject({ kind: 'link', identityId: 'b' })
    },
  )

  test('by a number of their own links to who has left, and to a second account of one person', () => {
    const found = { employeeNumber: [person('a', { left: true, liveRecordInSource: true })] }
    expect(correlate(input(found))).toMatchObject({ kind: 'link', identityId: 'a' })
  })

  test("follows a person's link before any key, and never one that a person undid", () => {
    const found = { employeeNumber: [person('a')], userName: [person('b')] }
    expect(correlate(input(found, { linkTo: 'z' }))).toMatchObject({ identityId: 'z', by: 'manual' })
    expect(correlate(input(found, { forbidden: new Set(['a']) }))).toMatchObject({ identityId: 'b' })
    expect(correlate(input(found, { forbidden: new Set(['a', 'b']) }))).toEqual({ kind: 'create' })
  })

  test('never links to what it may not, and links only where a single identity is left', () => {
    const anyCandidate = fc.record({
      identityId: fc.constantFrom('a', 'b', 'c'),
      left: fc.boolean(),
      liveRecordInSource: fc.boolean(),
    })
    const anyFound = fc.dictionary(
      fc.constantFrom('employeeNumber', 'userName', 'emails'),
      fc.array(anyCandidate),
    )
    fc.assert(
      fc.property(anyFound, fc.subarray(['a', 'b', 'c']), (found, undone) => {
        const result = correlate(input(found, { forbidden: new Set(undone) }))
        const allowed = (name: string) => {
          const ids = new Set((found[name] ?? []).map((it) => it.identityId))
          for (const it of found[name] ?? [])
            if (
              undone.includes(it.identityId) ||
              (name !== 'employeeNumber' && (it.left || it.liveRecordInSource))
            )
              ids.delete(it.identityId)
          return ids
        }
        const deciding = Object.keys(found).find((name) => allowed(name).size > 0)
        if (deciding === undefined) expect(result.kind).toBe('create')
        else if (allowed(deciding).size > 1)
          expect(result).toMatchObject({ kind: 'ambiguous', key: deciding })
        else
          expect(result).toMatchObject({ kind: 'link', key: deciding, identityId: [...allowed(deciding)][0] })
      }),
    )
  })
})

describe('correlation keys', () => {
  test('are normalised, in the configured order, without absent ones', () => {
    const attributes = {
      userName: '  ＡＮＮＡ ',
      [enterpriseUrn]: { employeeNumber: ' 00aB7 ' },
      [musterUrn]: { custom: { badge: 7 } },
    }
    expect(correlationKeys(attributes, ['employeeNumber', 'costCenter', 'custom.badge', 'userName'])).toEqual(
      [
        { name: 'employeeNumber', key: '00ab7' },
        { name: 'custom.badge', key: '7' },
        { name: 'userName', key: 'anna' },
      ],
    )
  })

  test('of mailboxes are the primary one, else each, and of a type those of that type', () => {
    const emails = [
      { value: 'B@x.example', type: 'work' },
      { value: 'a@x.example', type: 'home', primary: true },
    ]
    const keysOf = (name: string, list = emails) =>
      correlationKeys({ emails: list }, [name]).map((it) => it.key)
    expect(keysOf('emails')).toEqual(['a@x.example'])
    expect(keysOf('emails.work')).toEqual(['b@x.example'])
    expect(
      keysOf(
        'emails',
        emails.map((it) => ({ ...it, primary: false })),
      ),
    ).toEqual(['a@x.example', 'b@x.example'])
  })

  test('of numbers disregard how they are punctuated', () => {
    const keysOf = (value: string) => correlationKeys({ phoneNumbers: [{ value }] }, ['phoneNumbers'])
    expect(keysOf('+49 (151) 234-567')).toEqual(keysOf('+49151234567'))
  })

  test('are absent when they are longer than an index can hold', () => {
    const keys = (length: number) =>
      correlationKeys({ [enterpriseUrn]: { employeeNumber: 'x'.repeat(length) } }, ['employeeNumber'])
    expect(keys(512)).toHaveLength(1)
    expect(keys(513)).toEqual([])
  })

  test('that are blank are absent', () => {
    expect(correlationKeys({ userName: ' ', emails: [{ value: '' }] }, ['userName', 'emails'])).toEqual([])
  })
})
