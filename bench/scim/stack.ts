/** The whole embedded stack in a process apart: PostgreSQL, Temporal, worker and server, with one connection. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { v7 as newId } from 'uuid'
import { createToken } from '../../application/tokens/create-token.ts'
import { startEmbeddedStack } from '../../bin/compose/embedded-stack.ts'
import { putPolicyFolderInForce } from '../../bin/compose/policy-folder.ts'
import { startSettling, waitForRun } from '../../bin/compose/request-run.ts'
import { configurationOf } from '../../test/support/scim-host.ts'
import type { ServerAnswer } from './server-answer.ts'

const policy = {
  id: 'sms',
  target: 'active eq true',
  conditions: { all: [{ fact: 'phoneNumbers', operator: 'present', value: true }] },
  event: {
    type: 'provision',
    params: { rights: ['otp-sms'], enroll: [{ factor: 'otp-sms', from: 'phoneNumbers', take: 'first' }] },
  },
}

process.once('message', ({ folder }: { readonly folder: string }) => {
  start(folder).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})

async function start(folder: string): Promise<ServerAnswer> {
  mkdirSync(join(folder, 'policies'), { recursive: true })
  writeFileSync(join(folder, 'policies/sms.json'), JSON.stringify(policy))
  const configuration = await configurationOf(
    join(folder, 'muster.yaml'),
    'policies: ./policies\nsources: { bench: { type: scim, country: { default: DE } } }',
  )
  const stack = await startEmbeddedStack({
    configuration,
    dataDirectory: join(folder, 'data'),
    environment: process.env,
    log: pino({ level: 'warn' }, pino.destination(2)),
    losses: { fields: 0 },
    onProgress: (message) => console.error(message),
    version: 'bench',
    interrupted: new AbortController().signal,
  })
  const { store, temporal, server } = stack
  const actor = { kind: 'system', id: 'bench' } as const
  const { runId } = await putPolicyFolderInForce(configuration, store, configuration.policies, actor)
  if (runId !== null) {
    await startSettling(temporal.client, runId)
    await waitForRun(store, runId)
  }
  process.once('disconnect', () => {
    void stack.stop().finally(() => process.exit(0))
  })
  const tokens = { store, clock: () => new Date(), newId: () => newId(), randomBytes }
  const wanted = { name: 'bench', scopes: ['scim:bench' as const], expiresAt: null, actor }
  const { token } = await createToken(tokens, wanted)
  return { url: `${server.localUrl}/scim/v2`, token }
}
