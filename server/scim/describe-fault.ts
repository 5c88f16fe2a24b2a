import { isDatabaseAway } from '../../application/database-away.ts'
import { MusterError } from '../../domain/error.ts'
import { ScimFault, type ScimType } from '../../scim/scim-fault.ts'
import { scimLimits } from './scim-limits.ts'

/** A fault as SCIM answers it (RFC 7644 section 3.12). */
export interface DescribedFault {
  readonly status: number
  readonly scimType: ScimType | null
  /** Names attributes and limits; never what was sent, nor anything of the inside. */
  readonly detail: string
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>
}

/** A fault of the protocol around SCIM: with headers of its own. */
export class HttpFault extends ScimFault {
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>>) {
    super(status, null, message)
    this.headers = headers
  }
}

/** Any fault as SCIM answers it; what we do not know is a 500 that says nothing. */
export function describeFault(error: unknown): DescribedFault {
  if (error instanceof HttpFault)
    return { status: error.status, scimType: null, detail: error.message, headers: error.headers }
  if (error instanceof ScimFault)
    return { status: error.status, scimType: error.scimType, detail: error.message, headers: {} }
  if (error instanceof MusterError) return describeMusterError(error)
  if (isDatabaseAway(error)) return unavailable
  return describeFrameworkFault(error)
}

/** By what refusals are counted: the scimType, else the status. */
export function kindOf({ scimType, status }: Pick<DescribedFault, 'scimType' | 'status'>): string {
  return scimType ?? String(status)
}

const noHeaders: Readonly<Record<string, string>> = {}

const unavailable: DescribedFault = {
  status: 503,
  scimType: null,
  detail: 'The database does not answer; try again.',
  headers: { 'retry-after': '5' },
}

const internal: DescribedFault = {
  status: 500,
  scimType: null,
  detail: 'Something failed here; the log has it.',
  headers: noHeaders,
}

function describeMusterError(error: MusterError): DescribedFault {
  switch (error.code) {
    case 'filter-invalid':
      return { status: 400, scimType: 'invalidFilter', detail: error.message, headers: noHeaders }
    case 'filter-too-broad':
    case 'filter-too-slow':
      return { status: 400, scimType: 'tooMany', detail: error.message, headers: noHeaders }
    case 'database-unavailable':
      return unavailable
    default:
      return internal
  }
}

/** Fastify's faults of a request, in our words: its own may quote what was sent. */
function describeFrameworkFault(error: unknown): DescribedFault {
  const status =
    error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
      ? error.statusCode
      : 500
  if (status < 400 || status >= 500) return internal
  const [scimType, detail] = frameworkFaults.get(status) ?? [null, 'The request cannot be read.']
  return { status, scimType, detail, headers: noHeaders }
}

const frameworkFaults: ReadonlyMap<number, readonly [ScimType | null, string]> = new Map([
  [400, ['invalidSyntax', 'The request cannot be read.']],
  [
    413,
    [
      null,
      `The body is larger than ${scimLimits.resourceBytes} bytes, or ${scimLimits.bulkBytes} of a bulk request (maxPayloadSize).`,
    ],
  ],
  [414, [null, 'The address is too long.']],
  [415, [null, 'Bodies are application/scim+json or application/json.']],
])
