import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enterpriseUrn } from '../../../domain/attributes.ts'
import { canonicalJson } from '../../../domain/canonical-json.ts'
import type { ScimDocument } from '../../../domain/scim-resource.ts'
import { applyPatch } from '../../../scim/patch/apply-patch.ts'
import { parsePatch } from '../../../scim/patch/parse-patch.ts'
import { readUser } from '../../../scim/read-user.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'
import { userSchema } from '../../../scim/user-schema.ts'
import {
  type Email,
  ModelFault,
  type ModelFilter,
  type ModelOperation,
  type ModelUser,
  patchModel,
} from './patch-model.ts'

const users = userSchema({})

/** Few values, so that random operations meet what is there. */
const text = fc.constantFrom('a', 'A', 'b', 'c')
const type = fc.constantFrom('work', 'home', 'other')
const email = fc.record(
  { value: text, type, primary: fc.boolean(), display: text },
  { requiredKeys: [] },
) as fc.Arbitrary<Email>
const op = fc.constantFrom('add' as const, 'replace' as const, 'remove' as const)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 5 })

const filter: fc.Arbitrary<ModelFilter> = fc.record({
  joined: fc.constantFrom('and' as const, 'or' as const),
  negated: fc.boolean(),
  terms: fc.array(
    fc.oneof(fc.tuple(fc.constant('type' as const), type), fc.tuple(fc.constant('value' as const), text)),
    { minLength: 1, maxLength: 2 },
  ),
})
const part = fc.oneof(
  fc.record({
    on: fc.constant('part' as const),
    op,
    filter: maybe(filter),
    part: fc.constantFrom('value' as const, 'display' as const),
    value: maybe(text),
  }),
  fc.record({
    on: fc.constant('part' as const),
    op,
    filter: maybe(filter),
    part: fc.constant('type' as const),
    value: maybe(type),
  }),
  fc.record({
    on: fc.constant('part' as const),
    op,
    filter: maybe(filter),
    part: fc.constant('primary' as const),
    value: maybe(fc.boolean()),
  }),
)
const operation: fc.Arbitrary<ModelOperation> = fc.oneof(
  fc.record({
    on: fc.constantFrom('title' as const, 'department' as const, 'givenName' as const),
    op,
    value: maybe(text),
  }),
  fc.record({
    on: fc.constant('name' as const),
    op,
    value: maybe(fc.dictionary(fc.constantFrom('givenName', 'familyName'), maybe(text))),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      on: fc.constant('emails' as const),
      op,
      value: maybe(fc.array(email, { maxLength: 3 })),
    }),
  },
  { weight: 3, arbitrary: fc.record({ on: fc.constant('email' as const), op, filter, value: maybe(email) }) },
  { weight: 4, arbitrary: part },
)
const user: fc.Arbitrary<ModelUser> = fc
  .record(
    {
      title: text,
      name: fc.record({ givenName: text, familyName: text }),
      emails: fc.array(email, { maxLength: 4 }),
    },
    { requiredKeys: [] },
  )
  .map((body) => {
    let primary = false
    const emails = body.emails?.map((each) => {
      const isSecond = primary && each.primary === true
      primary ||= each.primary === true && each.value !== undefined
      return isSecond ? { ...each, primary: false } : each
    })
    return readUser(users, { userName: 'anna', ...body, emails }, { strict: false }) as unknown as ModelUser
  })

const paths = {
  title: 'title',
  department: `${enterpriseUrn}:department`,
  givenName: 'name.givenName',
  name: 'name',
}

function write(each: ModelOperation): Readonly<Record<string, unknown>> {
  // An absent value and null are one to a removal; RFC 7644 has none.
  const { op: name, value } = each
  if (each.on === 'emails') return { op: name, path: 'emails', value }
  if (each.on !== 'email' && each.on !== 'part') return { op: name, path: paths[each.on], value }
  const selected = each.filter === null ? '' : `[${writeFilter(each.filter)}]`
  return { op: name, path: `emails${selected}${each.on === 'part' ? `.${each.part}` : ''}`, value }
}

function writeFilter({ joined, negated, terms }: ModelFilter): string {
  const written = terms.map(([key, value]) => `${key} eq ${JSON.stringify(value)}`).join(` ${joined} `)
  return negated ? `not (${written})` : written
}

function patch(document: ScimDocument, operations: readonly ModelOperation[], strict: boolean) {
  const body = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: operations.map(write),
  }
  return applyPatch(users, document, parsePatch(body, { strict, maxOperations: 100, maxMembers: 100 }), {
    strict,
  })
}

/** What a patch gives, or the fault that it ends in. */
function outcome(run: () => unknown): unknown {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof ScimFault) return cause.scimType
    if (cause instanceof ModelFault) return cause.message
    throw cause
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}

const asDocument = (model: ModelUser) => freeze(structuredClone(model)) as unknown as ScimDocument
const operations = fc.array(operation, { minLength: 1, maxLength: 4 })

describe('applyPatch on random users and operations', () => {
  it('does what a plain reference model does, with the same faults', () => {
    let faults = 0
    fc.assert(
      fc.property(user, operations, fc.boolean(), (model, sent, strict) => {
        const expected = outcome(() => patchModel(model, sent, strict))
        faults += typeof expected === 'string' ? 1 : 0
        expect(outcome(() => patch(asDocument(model), sent, strict).document)).toEqual(expected)
      }),
      { numRuns: 3000 },
    )
    expect(faults).toBeGreaterThan(300)
    expect(faults).toBeLessThan(2000)
  })

  it('is the operations one after the other, and leaves the document alone', () => {
    fc.assert(
      fc.property(user, operations, fc.boolean(), (model, sent, strict) => {
        const document = asDocument(model)
        const before = canonicalJson(document)
        const together = outcome(() => patch(document, sent, strict).document)
        const stepwise = outcome(() =>
          sent.reduce((step, each) => freeze(patch(step, [each], strict).document), document),
        )
        expect(together).toEqual(stepwise)
        expect(canonicalJson(document)).toBe(before)
      }),
      { numRuns: 500 },
    )
  })

  it('names exactly what differs, and gives the same document back where nothing does', () => {
    let same = 0
    fc.assert(
      fc.property(user, operations, (model, sent) => {
        const document = asDocument(model)
        const patched = outcome(() => patch(document, sent, false))
        if (typeof patched === 'string') return
        const { document: after, changed } = patched as ReturnType<typeof patch>
        const names = [...new Set([...Object.keys(document), ...Object.keys(after)])]
        const differing = names.filter((name) => canonicalJson(document[name]) !== canonicalJson(after[name]))
        expect(changed.map((name) => (name.startsWith(enterpriseUrn) ? enterpriseUrn : name))).toEqual(
          differing.sort(),
        )
        expect(after === document).toBe(differing.length === 0)
        same += differing.length === 0 ? 1 : 0
      }),
      { numRuns: 1000 },
    )
    expect(same).toBeGreaterThan(50)
  })

  it('changes nothing the second time, where no filter chose', () => {
    const unfiltered = operation.filter((each) => !('filter' in each) || each.filter === null)
    fc.assert(
      fc.property(user, unfiltered, fc.boolean(), (model, sent, strict) => {
        const once = outcome(() => patch(asDocument(model), [sent], strict).document)
        if (typeof once === 'string') return
        expect(patch(once as ScimDocument, [sent], strict).changed).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('leaves a document that a body with the same content would leave', () => {
    fc.assert(
      fc.property(user, operations, (model, sent) => {
        const after = outcome(() => patch(asDocument(model), sent, false).document)
        if (typeof after === 'string') return
        expect(readUser(users, after, { strict: false })).toEqual(after)
      }),
      { numRuns: 500 },
    )
  })
})
