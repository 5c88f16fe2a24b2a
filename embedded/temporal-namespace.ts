import { Connection, isGrpcServiceError } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'

/** What a server says of a namespace; `unreachable` when nothing answers there. */
export type NamespaceState = 'served' | 'missing' | 'unreachable'

const ANSWER_WITHIN_MS = 1000
/** gRPC's status code. */
const NOT_FOUND = 5
const RETENTION_MS = 3 * 24 * 3_600_000

/** Asks a Temporal server once, without credentials, whether it serves a namespace. */
export async function askForNamespace(address: string, namespace: string): Promise<NamespaceState> {
  try {
    return await withConnection<NamespaceState>(address, async (connection) => {
      await connection.workflowService.describeNamespace({ namespace })
      return 'served'
    })
  } catch (error) {
    return isGrpcServiceError(error) && error.code === NOT_FOUND ? 'missing' : 'unreachable'
  }
}

/** Registers a namespace that keeps closed workflows for three days. Throws what the server answers. */
export async function registerNamespace(address: string, namespace: string): Promise<void> {
  await withConnection(address, async (connection) => {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs(RETENTION_MS),
    })
  })
}

async function withConnection<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: ANSWER_WITHIN_MS })
  try {
    return await connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => work(connection))
  } finally {
    await connection.close()
  }
}
