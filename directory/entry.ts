import { v5 as uuidFromName } from 'uuid'
import type { LdifEntry } from './ldif.ts'

interface Attribute {
  readonly name: string
  readonly values: readonly Buffer[]
  /** Sent only when it is asked for by name or with `+`. */
  readonly operational: boolean
}

/** An entry as it is served. */
export interface Entry {
  readonly dn: string
  readonly key: string
  /** Key of the entry above; empty at the top. */
  readonly parent: string
  /** By lower-case name. */
  readonly attributes: ReadonlyMap<string, Attribute>
}

const operational = new Set([
  'entryuuid',
  'entrydn',
  'structuralobjectclass',
  'createtimestamp',
  'modifytimestamp',
  'memberof',
  'pwdaccountlockedtime',
  'nsaccountlock',
  'nsuniqueid',
])

/** Names of entries without an entryUUID are turned into one in this namespace, so that it is always the same. */
const namespace = '0d1f7f5c-2f43-5d0e-9b59-6f0b7f6a0c11'

export function makeEntry({ dn, attributes }: LdifEntry): Entry {
  const key = normalizeName(dn)
  const served = new Map<string, Attribute>()
  for (const [name, values] of attributes) {
    const lower = name.toLowerCase()
    const before = served.get(lower)?.values ?? []
    served.set(lower, { name, values: [...before, ...values], operational: operational.has(lower) })
  }
  addOperational(served, 'entryUUID', uuidFromName(key, namespace))
  addOperational(served, 'entryDN', dn)
  return { dn, key, parent: splitName(key).slice(1).join(','), attributes: served }
}

/** One text for the usual writings of a name: case and blanks around separators do not matter. */
export function normalizeName(dn: string): string {
  return splitName(dn)
    .map((part) =>
      part
        .trim()
        .replace(/\s*=\s*/, '=')
        .toLowerCase(),
    )
    .join(',')
}

function splitName(dn: string): readonly string[] {
  return dn.match(/(?:\\.|[^,\\])+/gs) ?? []
}

function addOperational(attributes: Map<string, Attribute>, name: string, value: string): void {
  const lower = name.toLowerCase()
  if (!attributes.has(lower)) attributes.set(lower, { name, values: [Buffer.from(value)], operational: true })
}
