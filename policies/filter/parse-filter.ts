import { type Filter as ParsedFilter, parse } from 'scim2-parse-filter'
import type { CustomAttributes } from '../../domain/attributes.ts'
import type { Filter } from '../../domain/filter.ts'
import { describeIdentity } from './filter-schema.ts'
import { type FilterCaps, invalidFilter, prepareFilterText } from './filter-text.ts'
import { resolveFilter } from './resolve-filter.ts'
import type { FilterSchema } from './schema-builder.ts'

/**
 * Reads a SCIM filter on identities (RFC 7644 section 3.4.2.2) and resolves it against their schema. Throws a
 * `filter-invalid` fault with a sentence that may be shown to the caller.
 */
export function parseFilter(text: string, customAttributes: CustomAttributes): Filter {
  return parseFilterOn(text, describeIdentity(customAttributes))
}

/** The same on another schema: one address, one element of a list, a SCIM resource. */
export function parseFilterOn(text: string, schema: FilterSchema, caps?: FilterCaps): Filter {
  const prepared = prepareFilterText(text, caps)
  return resolveFilter(parseText(prepared.text), prepared.literals, schema)
}

function parseText(text: string): ParsedFilter {
  try {
    return parse(text)
  } catch {
    // The parser's own message is a dump of its tokens: nothing in it helps, and it may hold what people typed.
    throw invalidFilter('it is not a complete SCIM filter (RFC 7644, section 3.4.2.2)')
  }
}
