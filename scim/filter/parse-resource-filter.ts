import { MusterError } from '../../domain/error.ts'
import type { Filter } from '../../domain/filter.ts'
import type { FilterCaps } from '../../policies/filter/filter-text.ts'
import { parseFilterOn } from '../../policies/filter/parse-filter.ts'
import type { FilterSchema } from '../../policies/filter/schema-builder.ts'
import { ScimFault } from '../scim-fault.ts'
import type { ResourceSchema } from '../scim-schema.ts'
import { describeResource } from './describe-resource.ts'

/**
 * Reads a filter on resources (RFC 7644 section 3.4.2.2); its paths are keys of the rendered resource. `maxBytes` of
 * UTF-8 caps the text; depth and terms are capped too. Throws ScimFault 400 `invalidFilter`.
 */
export function parseResourceFilter(schema: ResourceSchema, text: string, caps: FilterCaps): Filter {
  return parseScimFilter(text, describeResource(schema), caps)
}

/** The same on any schema: one value of a list, as a PATCH path selects it. */
export function parseScimFilter(text: string, schema: FilterSchema, caps: FilterCaps): Filter {
  try {
    return parseFilterOn(text, schema, caps)
  } catch (cause) {
    if (!(cause instanceof MusterError)) throw cause
    throw new ScimFault(400, 'invalidFilter', cause.message, cause)
  }
}
