import { SourceFault } from '../source-fault.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** Throws `SourceFault` `malformed` for what is no JSON object. */
export function parseObject(text: string): JsonObject {
  const value = parse(text)
  if (isObject(value)) return value
  throw new SourceFault('malformed', 'an answer is no JSON object')
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value by its name in any case (RFC 7643 section 2.1): Entra ID writes `resources`. Undefined where it is not there, or null. */
export function readKey(object: JsonObject, name: string): unknown {
  const key = Object.hasOwn(object, name) ? name : findKey(object, name)
  return key === undefined ? undefined : (object[key] ?? undefined)
}

function findKey(object: JsonObject, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return Object.keys(object).find((key) => key.toLowerCase() === wanted)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SourceFault('malformed', 'an answer is no JSON, or ends too early', error)
  }
}
