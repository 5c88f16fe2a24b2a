/** RFC 7644 table 9, and those of RFC 9865 section 3. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive'
  | 'invalidCursor'
  | 'expiredCursor'
  | 'invalidCount'

/**
 * A request that SCIM refuses (RFC 7644 section 3.12). The message is the answer's `detail`: it names attributes and
 * limits, never a value that was sent.
 */
export class ScimFault extends Error {
  readonly status: number
  readonly scimType: ScimType | null

  constructor(status: number, scimType: ScimType | null, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ScimFault'
    this.status = status
    this.scimType = scimType
  }
}
