import type { ResourceType } from '../../domain/scim-resource.ts'
import type { ScimFault } from '../../scim/scim-fault.ts'

/** One operation of a bulk request (RFC 7644 section 3.7), as it was sent. */
export interface BulkOperation {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/Users`, `/Groups/{id}`, or `/Users/bulkId:{bulkId}`. */
  readonly path: string
  readonly bulkId: string | null
  /** The ETag that the resource must have, as `If-Match` would say it. */
  readonly version: string | null
  readonly data: unknown
}

export interface BulkRequest {
  readonly operations: readonly BulkOperation[]
  /** Errors after which the rest is not run; null: everything is run. */
  readonly failOnErrors: number | null
}

/** How one operation ended, in the order of the request; what was not run has no outcome. */
export interface BulkOutcome {
  readonly method: BulkOperation['method']
  readonly bulkId: string | null
  /** The resource, where there is one: its `location` is made of these. */
  readonly type: ResourceType | null
  readonly id: string | null
  readonly version: number | null
  /** 201, 200 or 204, or the fault's. */
  readonly status: number
  readonly fault: ScimFault | null
}
