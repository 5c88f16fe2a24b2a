import { z } from 'zod'
import { MusterError } from '../../domain/error.ts'
import { isObject, type JsonObject, readKey } from './json-object.ts'

/**
 * How far back before a mark changes are asked for, in milliseconds: a change may show later than the time that it
 * bears. SAP SuccessFactors shows those of groups up to 15 minutes later (KBA 3584355).
 */
const overlap = 15 * 60_000

/** The last time that RFC 3339 can write. */
const endOfTime = Date.UTC(9999, 11, 31, 23, 59, 59)

const groupsMark = z.strictObject({ at: z.number(), window: z.string() })
const changeMark = z.strictObject({
  users: z.number(),
  groups: z.union([z.literal('named'), groupsMark]).nullable(),
})

/** Up to where the groups of a server are known: `window` sums up those that changed since shortly before `at`. */
export type GroupsMark = z.infer<typeof groupsMark>

/**
 * Up to where the changes of a server are known, in milliseconds of its own clock. Groups `named`: the server has none
 * of its own, its users name theirs; null: it does not say when they change.
 */
export type ChangeMark = z.infer<typeof changeMark>

export function writeMark(mark: ChangeMark): string {
  return JSON.stringify(mark)
}

/** Reads what `writeMark` wrote. */
export function parseMark(text: string): ChangeMark {
  const parsed = changeMark.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new MusterError('internal', 'the mark of a SCIM source is not one of its own')
}

/** The time from which changes after a mark are asked for: whole seconds, which every server understands. */
export function windowStart(at: number): number {
  return Math.floor((at - overlap) / 1000) * 1000
}

/** The filter of RFC 7644 for what changed after this time. */
export function filterSince(time: number): string {
  return `meta.lastModified gt "${new Date(time).toISOString().slice(0, 19)}Z"`
}

/** When a resource says that it was changed; null where it does not say. A time without its zone is taken for UTC. */
export function readLastModified(resource: JsonObject): number | null {
  const meta = readKey(resource, 'meta')
  const text = isObject(meta) ? readKey(meta, 'lastModified') : undefined
  if (typeof text !== 'string') return null
  const time = Date.parse(/T[^Z+-]*$/i.test(text) ? `${text}Z` : text)
  return Number.isNaN(time) || time > endOfTime ? null : time
}
