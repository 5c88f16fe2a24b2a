import { readFileSync } from 'node:fs'
import { createSecureContext, Server as TlsServer } from 'node:tls'
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import type { DeliveryWorld } from '../../application/deliveries/delivery-world.ts'
import type { Configuration, ServerConfiguration } from '../../config/configuration.ts'
import { MusterError } from '../../domain/error.ts'
import { admit } from '../../server/api/authorise.ts'
import { buildServer } from '../../server/app.ts'
import type { OutboxView } from '../../server/outbox-page.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import type { Store } from '../../store/store.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { loadHelp } from './help-texts.ts'
import { listenToProviders } from './provider-callbacks.ts'
import { listChecks } from './readiness.ts'
import { nudgeDrain } from './request-run.ts'
import { controlRuns, describeSoon } from './run-control.ts'
import { openScim } from './scim-world.ts'
import type { TemporalClient } from './temporal.ts'
import { openTokens } from './token-cache.ts'

export interface ServerParts {
  readonly configuration: Configuration
  readonly store: Store
  readonly temporal: Pick<TemporalClient, 'client'>
  readonly log: Logger
  readonly challenges: ChallengeWorld
  readonly deliveries: DeliveryWorld
  /** Of this build. */
  readonly version: string
  /** The messages of the embedded mode; null: there is no page of them. */
  readonly outbox: OutboxView | null
  /** Why nothing but health is answered for now, or null; left out: everything is. */
  readonly refusal?: () => string | null
  /** What this process counts; left out: what the server itself does. */
  readonly registry?: Registry
  /** Left out or null: nothing is traced. */
  readonly tracing?: Tracing | null
}

export interface RunningServer {
  /** How people and programs reach it. */
  readonly url: string
  /** How this machine does. */
  readonly localUrl: string
  /** New connections get the certificate and the key of the moment. Throws `configuration` where they cannot be used. */
  renewTls(): void
  /** Answers what is under way, then ends. */
  close(): Promise<void>
}

/** Listens where the configuration says. Throws `port-unavailable` where the system does not let it. */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const { configuration, store, temporal, log, challenges, deliveries, version, outbox } = parts
  const { database } = store
  const { host, port, publicUrl, trustProxy } = configuration.server
  const nudge = nudgeAtMost(temporal.client, log)
  const tokens = openTokens(store)
  const app = buildServer({
    logger: log,
    tls: readTls(configuration.server),
    trustProxy,
    help: await loadHelp(),
    api: {
      challenges,
      authenticate: tokens.authenticate,
      nudge,
      runs: controlRuns(temporal.client, log),
      describeTemporal: describeSoon(temporal.client, configuration.temporal?.address ?? 'embedded'),
      customAttributes: configuration.attributes,
      version,
    },
    scim: openScim({ configuration, store, clock: challenges.clock, keys: challenges.keys, nudge }),
    callbacks: listenToProviders(configuration, deliveries),
    ...(outbox === null ? {} : { outbox }),
    metrics: {
      readFigures: () => readFigures(database),
      readPool: () => readPoolFigures(database),
      ...(parts.registry === undefined ? {} : { registry: parts.registry }),
      // On a desk's loopback anybody may look; in production a token of the scope does.
      ...(configuration.mode === 'production'
        ? { admit: (request) => admit(challenges, request, { kind: 'scope', scope: 'metrics' }) }
        : {}),
    },
    checks: listChecks(database, () => temporal.client),
    ...(parts.tracing ? { trace: parts.tracing.traceRequests } : {}),
    ...(parts.refusal === undefined ? {} : { refusal: parts.refusal }),
  })
  app.addHook('onClose', () => tokens.close())
  const url = await app.listen({ host, port }).catch(async (cause: unknown) => {
    await app.close()
    throw explainListening(cause, host, port)
  })
  const renewTls = () => {
    const pair = readTls(configuration.server)
    if (pair !== null && app.server instanceof TlsServer) app.server.setSecureContext(pair)
  }
  return { url: publicUrl ?? url, localUrl: url, renewTls, close: () => app.close() }
}

/** Milliseconds in which many changes are told to the workflows once (architecture, section 5). */
const nudgeEvery = 200

/** Tells the workflows that something is due, soon and not too often. What was accepted is kept: a lost word is found by the sweep. */
function nudgeAtMost(client: Client, log: Logger): () => void {
  let isComing = false
  return () => {
    if (isComing) return
    isComing = true
    setTimeout(() => {
      isComing = false
      nudgeDrain(client).catch((err: unknown) =>
        log.warn({ err }, 'Temporal does not answer; the sweep finds what is due.'),
      )
    }, nudgeEvery).unref()
  }
}

/** The certificate and its key. Throws `configuration` where they are no pair, which is seen before anybody connects. */
function readTls({ tls }: ServerConfiguration): { readonly cert: string; readonly key: string } | null {
  if (tls === null) return null
  try {
    const pair = { cert: readFileSync(tls.certificate, 'utf8'), key: tls.key.reveal() }
    createSecureContext(pair)
    return pair
  } catch (cause) {
    const message = `server.tls: ${tls.certificate} and its key cannot be used. Is it a PEM file, and the key its own?`
    throw new MusterError('configuration', message, { cause })
  }
}

const listenFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'may not be used by this account',
  EADDRNOTAVAIL: 'is not of this machine: see server.host',
}

function explainListening(cause: unknown, host: string, port: number): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = listenFaults[code]
  if (why === undefined) return cause
  const message = `${host}:${port}, which the configuration gives to the server, ${why}.`
  return new MusterError('port-unavailable', message, { cause })
}
