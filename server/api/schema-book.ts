import { z } from 'zod'

/** JSON Schema, as far as we build it. */
export type Json = Readonly<Record<string, unknown>>

/** Writes zod schemas as JSON Schema for one OpenAPI document; those with a `meta` id stand once, in `components`. */
export class SchemaBook {
  readonly #named = new Map<string, unknown>()

  describe(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs, ...json } = z.toJSONSchema(schema, { io })
    for (const [name, named] of Object.entries($defs ?? {})) this.#named.set(name, point(named))
    return point(json) as Json
  }

  /** What `components.schemas` holds. */
  get components(): Json {
    return Object.fromEntries([...this.#named].sort(([one], [other]) => (one < other ? -1 : 1)))
  }
}

/** Zod points into the schema at hand, OpenAPI into the document. */
function point(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(point)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string'
        ? part.replace('#/$defs/', '#/components/schemas/')
        : point(part),
    ]),
  )
}
