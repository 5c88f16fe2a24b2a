import type { Client } from 'pg'
import type { Database } from './database.ts'

/** What is heard of tokens that any process revokes. */
export interface RevocationListener {
  /** False while the connection is gone: then revocations are missed. */
  readonly isListening: boolean
  close(): Promise<void>
}

/** The channel of `write/tokens.ts`. */
const channel = 'muster_token_revoked'
/** Milliseconds between two tries to listen again. */
const retryEvery = 1000

/**
 * Listens on one connection of the pool, which is kept for it, and calls `onRevoked` with the id of a revoked token
 * within milliseconds of the commit; with null where some may have been missed. A connection that breaks is replaced.
 */
export function listenForRevocations(
  database: Database,
  onRevoked: (tokenId: string | null) => void,
): RevocationListener {
  let client: Client | null = null
  let isListening = false
  let isClosed = false
  let retry: NodeJS.Timeout | undefined
  const lose = (lost: Client | null) => {
    if (lost !== client) return
    drop()
    onRevoked(null)
    if (!isClosed) retry = setTimeout(connect, retryEvery).unref()
  }
  const drop = () => {
    const held = client
    client = null
    isListening = false
    // knex takes a connection that broke out of its pool when it is given back.
    if (held !== null) void database.client.releaseConnection(held)
  }
  const connect = () => {
    open().catch(() => lose(client))
  }
  const open = async () => {
    const opened = (await database.client.acquireConnection()) as Client
    client = opened
    if (isClosed) return drop()
    opened.on('error', () => lose(opened)).on('end', () => lose(opened))
    opened.on('notification', ({ payload }) => onRevoked(payload ?? null))
    await opened.query(`listen ${channel}`)
    isListening = client === opened
  }
  connect()
  return {
    get isListening() {
      return isListening
    },
    close: async () => {
      isClosed = true
      clearTimeout(retry)
      const held = client
      // Whoever gets the connection next is told nothing.
      await held?.query(`unlisten ${channel}`).catch(() => undefined)
      drop()
    },
  }
}
