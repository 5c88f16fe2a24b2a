/**
 * A SCIM filter (RFC 7644 section 3.4.2.2) after it was checked against the schema of the identity: every path
 * exists, every literal has the attribute's type. Evaluated in memory by `policies/`, compiled to SQL by `store/`;
 * both must select the same identities.
 */
export type FilterOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'
export type FilterValueType = 'string' | 'boolean' | 'number' | 'date'

/** Where a filter path leads, resolved by the schema: no text of the caller's survives in it. */
export interface FilterAttribute {
  /** Keys into the identity document, e.g. `['name', 'familyName']` or `[enterpriseUrn, 'department']`. */
  readonly path: readonly string[]
  /** Where set, `path` leads to a list of objects and this is the key looked at in each element. */
  readonly element: string | null
  /** True where `path` leads to a list of plain values (`sources`, a multi-valued custom attribute): any may match. */
  readonly multiValued: boolean
  readonly type: FilterValueType
  readonly caseExact: boolean
  /** True where it is unique without case: it compares as uniqueness does, by `foldKey`, so that what is taken is found. */
  readonly byKey?: boolean
}

export type Filter =
  | { readonly op: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly op: 'not'; readonly filter: Filter }
  | { readonly op: 'present'; readonly attribute: FilterAttribute }
  | {
      readonly op: 'compare'
      readonly operator: FilterOperator
      readonly attribute: FilterAttribute
      readonly value: string | number | boolean | null
    }
  /** One element of the list at `path` must satisfy all of `filter`, whose attributes are relative to it. */
  | { readonly op: 'some'; readonly path: readonly string[]; readonly filter: Filter }

/** The document that filters see: canonical attributes, `active` and `id`, as `identities show` prints them. */
export type FilterDocument = Readonly<Record<string, unknown>>
