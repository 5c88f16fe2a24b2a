import type { z } from 'zod'
import { factors } from '../../domain/factor.ts'
import { suggestName } from '../suggestion.ts'
import { type DocumentPath, type Finding, find, findAtKey } from './policy-fault.ts'

type Issue = z.core.$ZodIssue

const eventTypes = ['provision', 'deny']
const knownKeys = [
  ...['id', 'description', 'mode', 'priority', 'target', 'conditions', 'event', '$schema'],
  ...['type', 'params', 'rights', 'enroll', 'reason', 'overridable', 'factor', 'clients'],
  ...['from', 'take', 'max', 'onChange', 'onUnmatch', 'proof', 'reenroll', 'notify'],
]

/** Says in words what a schema's issue means for the author of the document. */
export function describeIssue(issue: Issue, document: unknown): readonly Finding[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.flatMap((key) =>
      findAtKey([...path, key], 'unknown-key', `unknown key "${key}"${suggestName(key, knownKeys)}`),
    )
  }
  const value = readMember(document, path)
  const key = String(path.at(-1) ?? 'document')
  if (value === undefined) return find(path, 'wrong-shape', `"${key}" is missing`)
  if (isFactorPlace(path)) return describeFactor(path, value, readMember(document, ['event', 'type']))
  if (path.join('.') === 'event.type') {
    const meant = suggestName(String(value), eventTypes)
    return find(path, 'wrong-shape', `an event is of type provision or deny${meant}`)
  }
  const expected = issue.message.replace(/^Invalid (?:input|option): /, '').replaceAll('"|"', '", "')
  return find(path, 'wrong-shape', `"${key}" does not fit: ${expected}`)
}

/** The member of parsed JSON at a path; undefined where there is none. */
export function readMember(document: unknown, path: DocumentPath): unknown {
  let value = document
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[key]
  }
  return value
}

function isFactorPlace(path: DocumentPath): boolean {
  return path.at(-1) === 'factor' || (path.length === 4 && path[2] === 'rights')
}

function describeFactor(path: DocumentPath, value: unknown, eventType: unknown): readonly Finding[] {
  if (typeof value === 'string') {
    const meant = suggestName(value, factors) || `; the factors are ${factors.join(' and ')}`
    return find(path, 'unknown-factor', `unknown factor "${value.slice(0, 64)}"${meant}`)
  }
  if (eventType === 'deny') {
    return find(
      path,
      'refused-key',
      'a denial is for every client: it names a factor, and takes no "clients"',
    )
  }
  return find(path, 'wrong-shape', 'a right is a factor, or {"factor": …, "clients": […]}')
}
