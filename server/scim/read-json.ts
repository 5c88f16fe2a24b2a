import { checkStorable } from '../../scim/check-storable.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import { isNestedDeeper } from './scan-depth.ts'
import { scimLimits } from './scim-limits.ts'

/**
 * The JSON of a body; undefined: there is none. Throws `invalidSyntax` for what is no JSON in UTF-8 or is nested too
 * deep, and what `checkStorable` throws for what could not be kept.
 */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  if (isNestedDeeper(bytes, scimLimits.depth))
    throw new ScimFault(
      400,
      'invalidSyntax',
      `The body is nested deeper than ${scimLimits.depth} levels of JSON.`,
    )
  const body = parse(bytes)
  checkStorable(body)
  return body
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    // What the parser says quotes what was sent.
    throw new ScimFault(400, 'invalidSyntax', 'The body is not JSON in UTF-8 (RFC 8259).')
  }
}
