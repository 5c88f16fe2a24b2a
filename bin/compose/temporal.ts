import { readFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, type TLSConfig } from '@temporalio/worker'
import type { TemporalConfiguration } from '../../config/configuration.ts'
import { MusterError } from '../../domain/error.ts'

/** Where Temporal is: the embedded server's address, or what the configuration names. */
export type TemporalTarget = Pick<TemporalConfiguration, 'address' | 'namespace' | 'tls' | 'apiKey'>

export interface Temporal {
  readonly connection: NativeConnection
  readonly client: Client
  readonly namespace: string
  close(): Promise<void>
}

/** Connects. Throws `temporal-unavailable` (retryable) where nobody answers. */
export async function connectTemporal(target: TemporalTarget): Promise<Temporal> {
  const { address, namespace } = target
  try {
    const apiKey = target.apiKey === null ? {} : { apiKey: target.apiKey.reveal() }
    const connection = await NativeConnection.connect({ address, tls: await tlsOf(target), ...apiKey })
    // The client shares the worker's connection, so that a start can be handed to the worker without a round trip.
    const client = new Client({ connection, namespace })
    return { connection, client, namespace, close: () => connection.close() }
  } catch (cause) {
    throw new MusterError('temporal-unavailable', `Temporal does not answer at ${address}.`, {
      cause,
      retryable: true,
    })
  }
}

/** The namespace of the embedded server. */
export const embeddedNamespace = 'muster'

export function embeddedTarget(address: string): TemporalTarget {
  return { address, namespace: embeddedNamespace, tls: null, apiKey: null }
}

/** A client alone, for a command that starts something and ends. Throws `temporal-unavailable`. */
export async function connectClient(
  target: TemporalTarget,
  patience: number,
): Promise<{ readonly client: Client; readonly connection: Connection }> {
  const { address, namespace } = target
  try {
    const apiKey = target.apiKey === null ? {} : { apiKey: target.apiKey.reveal() }
    const connection = await Connection.connect({
      address,
      tls: await tlsOf(target),
      connectTimeout: patience,
      ...apiKey,
    })
    return { connection, client: new Client({ connection, namespace }) }
  } catch (cause) {
    throw new MusterError('temporal-unavailable', `Temporal does not answer at ${address}.`, {
      cause,
      retryable: true,
    })
  }
}

async function tlsOf({ tls, apiKey }: TemporalTarget): Promise<TLSConfig | boolean> {
  if (tls === null) return apiKey !== null
  const { serverName, ca, certificate, key } = tls
  return {
    ...(serverName === null ? {} : { serverNameOverride: serverName }),
    ...(ca === null ? {} : { serverRootCACertificate: await readFile(ca) }),
    ...(certificate === null || key === null
      ? {}
      : { clientCertPair: { crt: await readFile(certificate), key: Buffer.from(key.reveal()) } }),
  }
}
