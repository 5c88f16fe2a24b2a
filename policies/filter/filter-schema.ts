import { type CustomAttributes, enterpriseUrn, musterUrn } from '../../domain/attributes.ts'
import { type FilterSchema, SchemaBuilder, type SubAttributes, type Traits } from './schema-builder.ts'

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
  for (const [list, sub] of Object.entries(lists))
    schema.addList(
      [list],
      sub,
      ['', `${coreUrn}:`].map((prefix) => prefix + list),
    )
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
