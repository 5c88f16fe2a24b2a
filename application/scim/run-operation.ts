import type { ResourceType, StoredResource } from '../../domain/scim-resource.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import type { BulkContext } from './bulk-chunk.ts'
import type { BulkOperation, BulkOutcome } from './bulk-request.ts'
import { readPrecondition, readTarget } from './bulk-target.ts'
import { changeGroupIn, patchedGroup, replacedGroup } from './change-group.ts'
import { changeUserIn, patched, replaced } from './change-user.ts'
import { createGroupIn } from './create-group.ts'
import { createUsersIn } from './create-users.ts'
import { deleteGroupIn } from './delete-group.ts'
import { deleteUserIn } from './delete-user.ts'

type Done = Omit<BulkOutcome, 'method' | 'bulkId' | 'fault'>

/** Carries out one operation whose references are resolved. Throws what the single request would throw. */
export async function runOperation(context: BulkContext, operation: BulkOperation): Promise<Done> {
  const { type, id } = readTarget(operation)
  if (id === null) return doneWith(await create(context, type, operation.data), 201)
  if (operation.method === 'DELETE') {
    await remove(context, { type, id }, operation)
    return { type, id, version: null, status: 204 }
  }
  return doneWith(await change(context, { type, id }, operation), 200)
}

/** Gives a resource that was created without some of its references all that its operation says. */
export async function completeOperation(
  context: BulkContext,
  target: { readonly type: ResourceType; readonly id: string },
  { data }: BulkOperation,
): Promise<Done> {
  try {
    return doneWith(await change(context, target, { method: 'PUT', version: null, data }), 201)
  } catch (error) {
    if (!(error instanceof ScimFault)) throw error
    throw new ScimFault(409, null, 'resources that refer to each other could not be made', error)
  }
}

/** Takes away again what could not be completed. */
export function discardResource(
  context: BulkContext,
  target: { readonly type: ResourceType; readonly id: string },
): Promise<void> {
  return remove(context, target, { version: null })
}

interface Target {
  readonly type: ResourceType
  readonly id: string
}

async function create(
  { trx, world, connection, actor }: BulkContext,
  type: ResourceType,
  data: unknown,
): Promise<StoredResource> {
  if (type === 'Group') return createGroupIn(trx, world, connection, data, actor)
  const [user] = await createUsersIn(trx, world, connection, [data], actor)
  if (user === undefined) throw new Error('A user that was written is not there.')
  return user
}

function change(
  { trx, world, connection, actor }: BulkContext,
  { type, id }: Target,
  operation: Pick<BulkOperation, 'method' | 'version' | 'data'>,
): Promise<StoredResource> {
  const { method, data } = operation
  const common = { id, precondition: readPrecondition(operation), actor }
  if (type === 'User') {
    const derive = method === 'PUT' ? replaced(world, connection, data) : patched(world, connection, data)
    return changeUserIn(trx, world, connection, { ...common, derive })
  }
  const derive = method === 'PUT' ? replacedGroup(connection, data) : patchedGroup(world, connection, data)
  return changeGroupIn(trx, world, connection, { ...common, derive })
}

function remove(
  { trx, world, connection, actor }: BulkContext,
  { type, id }: Target,
  operation: Pick<BulkOperation, 'version'>,
): Promise<void> {
  const deletion = { id, precondition: readPrecondition(operation), actor }
  return type === 'User'
    ? deleteUserIn(trx, world, connection, deletion)
    : deleteGroupIn(trx, world, connection, deletion)
}

function doneWith({ type, id, version }: StoredResource, status: number): Done {
  return { type, id, version, status }
}
