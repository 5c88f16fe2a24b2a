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

/** The simple parts of a complex attribute, by name. */
export type SubAttributes = Readonly<Record<string, Traits>>
/** How an attribute compares. */
export interface Traits {
  readonly type: FilterValueType
  readonly caseExact: boolean
  readonly byKey?: boolean
}

/** Builds a `FilterSchema`. Each attribute is added with every name that it answers to, in any case. */
export class SchemaBuilder implements FilterSchema {
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

  /**
   * A list of objects, under each of its names. Its bare name stands for its `value`, as in `emails co "x"` (RFC 7644
   * section 3.4.2.2).
   */
  addList(path: readonly string[], sub: SubAttributes, names: readonly string[]): void {
    const element = new SchemaBuilder()
    element.addAll([], sub, [''])
    // Without a value of its own, such as `addresses`, a list can only be asked whether it is there.
    if (!Object.hasOwn(sub, 'value')) this.addComplex(path, names)
    for (const list of names) {
      this.lists.set(list.toLowerCase(), { path, schema: element })
      for (const [key, traits] of Object.entries(sub)) {
        const spelled = key === 'value' ? [list, `${list}.value`] : [`${list}.${key}`]
        this.#name({ path, element: key, multiValued: false, ...traits }, spelled)
      }
    }
  }

  #name(attribute: FilterAttribute, names: readonly string[]): void {
    for (const each of names) this.attributes.set(each.toLowerCase(), attribute)
    this.names.push(...names)
  }
}
