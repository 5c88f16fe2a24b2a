import { readFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, type TLSConfig } from '@temporalio/worker'
import type { Configuration, TemporalConfiguration } from '../../config/configuration.ts'
import { MusterError } from '../../domain/error.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { openRetries } from './temporal-retries.ts'

/** Where Temporal is: the embedded server's address, or what the configuration names. */
export type TemporalTarget = Pick<TemporalConfiguration, 'address' | 'namespace' | 'tls' | 'apiKey'>

export interface Temporal extends TemporalClient {
  readonly connection: NativeConnection
  readonly namespace: string
}

/** What starts and asks, without a worker's connection. */
export interface TemporalClient {
  readonly client: Client
  /** The API key of calls from now on. */
  setApiKey(key: string): Promise<void>
  close(): Promise<void>
}

/** Connects. Throws `temporal-unavailable` (retryable) where nobody answers. */
export async function connectTemporal(
  target: TemporalTarget,
  tracing: Tracing | null = null,
): Promise<Temporal> {
  const { address, namespace } = target
  try {
    const apiKey = target.apiKey === null ? {} : { apiKey: target.apiKey.reveal() }
    const connection = await NativeConnection.connect({ address, tls: await tlsOf(target), ...apiKey })
    // The client shares the worker's connection, so that a start can be handed to the worker without a round trip.
    const client = new Client({ connection, namespace, ...tracing?.client })
    return {
      connection,
      client,
      namespace,
      setApiKey: (key) => connection.setApiKey(key),
      close: () => connection.close(),
    }
  } catch (cause) {
    throw new MusterError('temporal-unavailable', `Temporal does not answer at ${address}.`, {
      cause,
      retryable: true,
    })
  }
}

/** Milliseconds between two attempts to connect at most; the default is two minutes, in which a server would miss that Temporal is back. */
const channelArgs = { 'grpc.max_reconnect_backoff_ms': 10_000 }

/** A client that connects by itself, now or whenever Temporal is there: who cannot wait for it takes this one. */
export async function openTemporalClient(
  target: TemporalTarget,
  tracing: Tracing | null = null,
): Promise<TemporalClient> {
  const { address, namespace } = target
  const apiKey = target.apiKey === null ? {} : { apiKey: target.apiKey.reveal() }
  const retries = openRetries()
  const { interceptors } = retries
  const connection = Connection.lazy({
    address,
    tls: await tlsOf(target),
    interceptors,
    channelArgs,
    ...apiKey,
  })
  return {
    client: new Client({ connection, namespace, ...tracing?.client }),
    setApiKey: async (key) => connection.setApiKey(key),
    close: async () => {
      await retries.end()
      await connection.close()
    },
  }
}

/** Where the Temporal of a production configuration is. Throws `configuration` where it names none. */
export function temporalOf({ temporal, file }: Pick<Configuration, 'temporal' | 'file'>): TemporalTarget {
  if (temporal === null) throw new MusterError('configuration', `${file} names no Temporal.`)
  return temporal
}

/** Puts an API key that was read again to use. */
export async function renewApiKey(
  temporal: TemporalClient,
  configuration: Pick<Configuration, 'temporal'>,
): Promise<void> {
  const key = configuration.temporal?.apiKey ?? null
  if (key !== null) await temporal.setApiKey(key.reveal())
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
): Promise<Omit<TemporalClient, 'setApiKey'>> {
  const { address, namespace } = target
  const retries = openRetries()
  try {
    const apiKey = target.apiKey === null ? {} : { apiKey: target.apiKey.reveal() }
    const connection = await Connection.connect({
      address,
      tls: await tlsOf(target),
      connectTimeout: patience,
      interceptors: retries.interceptors,
      ...apiKey,
    })
    return {
      client: new Client({ connection, namespace }),
      close: async () => {
        await retries.end()
        await connection.close()
      },
    }
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
