import type { ResourceType } from '../../domain/scim-resource.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import type { BulkOperation } from './bulk-request.ts'
import type { Precondition } from './scim-world.ts'

/** What an operation is about. */
export interface BulkTarget {
  readonly type: ResourceType
  /** Null for a POST. */
  readonly id: string | null
}

/** The resource that a path names. Throws `ScimFault` 400 where the path does not fit the method. */
export function readTarget({ method, path }: Pick<BulkOperation, 'method' | 'path'>): BulkTarget {
  const [, type, id] = /^\/?(User|Group)s(?:\/([^/]+))?\/?$/.exec(path) ?? []
  if (type === undefined)
    throw new ScimFault(400, 'invalidPath', 'the path of an operation is /Users or /Groups')
  if ((method === 'POST') !== (id === undefined))
    throw new ScimFault(400, 'invalidPath', 'only a POST goes without the id of a resource')
  return { type: type === 'User' ? 'User' : 'Group', id: id ?? null }
}

/** The precondition that an operation's `version` is: what is no ETag of ours is no version that there is. */
export function readPrecondition({ version }: Pick<BulkOperation, 'version'>): Precondition {
  if (version === null) return { ifMatch: null }
  if (version === '*') return { ifMatch: '*' }
  const [, number] = /^(?:W\/)?"(\d{1,15})"$/.exec(version) ?? []
  return { ifMatch: number === undefined ? -1 : Number(number) }
}
