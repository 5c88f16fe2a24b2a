import type { ScimDocument } from '../domain/scim-resource.ts'
import { equalValues } from './equal-values.ts'
import { isObject } from './is-object.ts'

/**
 * The names of the attributes in which two documents of one resource differ, sorted; those of an extension with its
 * URN and a colon before them. Empty: the documents say the same.
 */
export function changedAttributes(before: ScimDocument, after: ScimDocument): readonly string[] {
  if (before === after) return []
  return differingKeys(before, after)
    .flatMap((key) => (key.startsWith('urn:') ? ofExtension(key, before[key], after[key]) : [key]))
    .sort()
}

function ofExtension(urn: string, before: unknown, after: unknown): readonly string[] {
  return differingKeys(partOf(before), partOf(after)).map((key) => `${urn}:${key}`)
}

function partOf(value: unknown): ScimDocument {
  return isObject(value) ? value : {}
}

function differingKeys(before: ScimDocument, after: ScimDocument): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => !equalValues(before[name], after[name]))
}
