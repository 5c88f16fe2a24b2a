import { type CustomAttributes, enterpriseUrn, musterUrn } from '../../domain/attributes.ts'
import type { FilterAttribute, FilterValueType } from '../../domain/filter.ts'

/** What a filter may name, by its lower-case name. A `Map`, so that `__proto__` is as unknown as `foo`. */
export interface FilterSchema {
  readonly attributes: ReadonlyMap<string, FilterAttribute>
  /** Complex attributes without a value of their own: only `pr` may be asked of them. */
  readonly complex: ReadonlyMap<string, readonly string[]>
  /** Lists of objects, the only attributes that take `[ ]`: their path, and the schema of one element. */
  readonly lists: ReadonlyMap<string, { readonly path: readonly string[]; readonly schema: FilterSchema }>
  /** Names as they are written, to suggest one for a mistyped name. */
  readonly names: readonly string[]
}

type SubAttributes = Readonly<Record<string, Traits>>
interface Traits {
  readonly type: FilterValueType
  readonly caseExact: boolean
}

const text: Traits = { type: 'string', caseExact: false }
const exact: Traits = { type: 'string', caseExact: true }
const boolean: Traits = { type: 'boolean', caseExact: false }
const date: Traits = { type: 'date', caseExact: false }

const coreUrn = 'urn:ietf:params:scim:schemas:core:2.0:User'
/** RFC 7643 section 4.1.1, with our `id` and `active`. */
const core: SubAttributes = {
  id: exact,
  active: boolean,
  userName: text,
  displayName: text,
  nickName: text,
  profileUrl: exact,
  title: text,
  userType: text,
  preferredLanguage: text,
  locale: text,
  timezone: text,
}
const name: SubAttributes = {
  formatted: text,
  familyName: text,
  givenName: text,
  middleName: text,
  honorificPrefix: text,
  honorificSuffix: text,
}
/** RFC 7643 section 4.3; `manager.value` is case-exact by erratum 8472. */
const enterprise: SubAttributes = {
  employeeNumber: text,
  costCenter: text,
  organization: text,
  division: text,
  department: text,
}
const muster: SubAttributes = { startDate: date, endDate: date, dn: text }
const typedValue: SubAttributes = { value: text, type: text, primary: boolean, source: text, trust: text }
const lists: Readonly<Record<string, SubAttributes>> = {
  emails: typedValue,
  phoneNumbers: typedValue,
  roles: typedValue,
  entitlements: typedValue,
  groups: { value: text, source: text },
}

/** The schema of the identity as `identities show` prints it. */
export function describeIdentity(customAttributes: CustomAttributes): FilterSchema {
  const schema = new SchemaBuilder()
  schema.addAll([], core, ['', `${coreUrn}:`])
  schema.addAll(['name'], name, ['name.', `${coreUrn}:name.`])
  schema.addComplex(['name'], ['name', `${coreUrn}:name`])
  for (const [list, sub] of Object.entries(lists)) schema.addList(list, sub, ['', `${coreUrn}:`])
  schema.add(['sources'], text, ['sources'], true)
  schema.addAll([enterpriseUrn], enterprise, ['', `${enterpriseUrn}:`])
  for (const manager of ['manager', 'manager.value']) {
    schema.add([enterpriseUrn, 'manager', 'value'], exact, [manager, `${enterpriseUrn}:${manager}`])
  }
  schema.addComplex([enterpriseUrn], [enterpriseUrn])
  schema.addAll([musterUrn], muster, ['', `${musterUrn}:`])
  schema.addComplex([musterUrn], [musterUrn])
  for (const [custom, { type, multiValued }] of Object.entries(customAttributes)) {
    const names = [`custom.${custom}`, `${musterUrn}:custom.${custom}`]
    schema.add([musterUrn, 'custom', custom], { type, caseExact: false }, names, multiValued)
  }
  return schema
}

/** The schema of one address, as the value filter of `enroll.from` sees it. */
export function describeAddress(): FilterSchema {
  const schema = new SchemaBuilder()
  const address = { value: text, type: text, primary: boolean, country: text, lineType: text, source: text }
  schema.addAll([], address, [''])
  return schema
}

class SchemaBuilder implements FilterSchema {
  readonly attributes = new Map<string, FilterAttribute>()
  readonly complex = new Map<string, readonly string[]>()
  readonly lists = new Map<string, { readonly path: readonly string[]; readonly schema: FilterSchema }>()
  readonly names: string[] = []

  add(path: readonly string[], traits: Traits, names: readonly string[], multiValued = false): void {
    this.#name({ path, element: null, multiValued, ...traits }, names)
  }

  addAll(path: readonly string[], sub: SubAttributes, prefixes: readonly string[]): void {
    for (const [key, traits] of Object.entries(sub)) {
      const names = prefixes.map((prefix) => prefix + key)
      this.add([...path, key], traits, names)
    }
  }

  addComplex(path: readonly string[], names: readonly string[]): void {
    for (const each of names) this.complex.set(each.toLowerCase(), path)
    this.names.push(...names)
  }

  /** A list of objects. Its bare name stands for its `value`, as in `emails co "x"` (RFC 7644 section 3.4.2.2). */
  addList(list: string, sub: SubAttributes, prefixes: readonly string[]): void {
    const element = new SchemaBuilder()
    element.addAll([], sub, [''])
    for (const prefix of prefixes) {
      this.lists.set((prefix + list).toLowerCase(), { path: [list], schema: element })
      for (const [key, traits] of Object.entries(sub)) {
        const names =
          key === 'value' ? [prefix + list, `${prefix}${list}.value`] : [`${prefix}${list}.${key}`]
        this.#name({ path: [list], element: key, multiValued: false, ...traits }, names)
      }
    }
  }

  #name(attribute: FilterAttribute, names: readonly string[]): void {
    for (const each of names) this.attributes.set(each.toLowerCase(), attribute)
    this.names.push(...names)
  }
}
