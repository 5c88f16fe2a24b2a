import type { BulkOperation, BulkRequest } from '../../application/scim/bulk-request.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import { checkSchemas, foldNames } from './list-request.ts'
import { scimLimits } from './scim-limits.ts'

const bulkSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

/**
 * A bulk request of its body (RFC 7644 section 3.7). What is wrong with one operation's own content is that
 * operation's fault, later; what makes it no operation refuses the whole. Throws `invalidSyntax`, and 413 for too many.
 */
export function readBulk(body: unknown, { strict }: { readonly strict: boolean }): BulkRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('A bulk request is a JSON object.')
  const given = foldNames(body)
  checkSchemas(given.get('schemas'), bulkSchema, strict)
  const operations = given.get('operations')
  if (!Array.isArray(operations)) throw invalid('Operations is a list.')
  if (operations.length > scimLimits.bulkOperations) throw tooMany()
  return {
    operations: operations.map(readOperation),
    failOnErrors: readFailOnErrors(given.get('failonerrors')),
  }
}

/** RFC 7644 section 3.7.4: the limits are in the detail. */
function tooMany(): ScimFault {
  const { bulkOperations, bulkBytes } = scimLimits
  return new ScimFault(
    413,
    null,
    `A bulk request has at most ${bulkOperations} operations (maxOperations) and ${bulkBytes} bytes (maxPayloadSize).`,
  )
}

function readFailOnErrors(value: unknown): number | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw invalid('failOnErrors is a whole number from 1.')
  return value
}

function readOperation(value: unknown, index: number): BulkOperation {
  const where = `Operations[${index}]`
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${where} is no object.`)
  const given = foldNames(value)
  const method = readMethod(given.get('method'), where)
  const bulkId = readText(given.get('bulkid'), `${where}.bulkId`)
  if (method === 'POST' && bulkId === null) throw invalid(`${where} creates, so it needs a bulkId.`)
  const path = readText(given.get('path'), `${where}.path`)
  if (path === null) throw invalid(`${where} has no path.`)
  return {
    method,
    path,
    bulkId,
    version: readText(given.get('version'), `${where}.version`),
    data: given.get('data'),
  }
}

const methods: ReadonlyMap<unknown, BulkOperation['method']> = new Map(
  (['POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => [method, method]),
)

function readMethod(value: unknown, where: string): BulkOperation['method'] {
  const method = methods.get(typeof value === 'string' ? value.toUpperCase() : value)
  if (method === undefined) throw invalid(`${where}.method is POST, PUT, PATCH or DELETE.`)
  return method
}

function readText(value: unknown, where: string): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string' || value.length > longestText) throw invalid(`${where} is a text.`)
  return value
}

const longestText = 512

function invalid(detail: string): ScimFault {
  return new ScimFault(400, 'invalidSyntax', detail)
}
