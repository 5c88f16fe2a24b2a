import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestRun, waitForRun } from '../../bin/compose/request-run.ts'
import { type Reconciler, startReconciler } from '../support/reconciler.ts'
import { asksForUsers } from '../support/scim-pull.ts'
import { makeUser, type ScimServer, scimToken, startScimServer } from '../support/scim-server.ts'

let muster: Reconciler
let server: ScimServer
let folder: string
/** Called when people are asked for, before they are given. */
let onPeople: () => void = () => undefined

const person = (name: string, day: number, more: object = {}) =>
  makeUser(name, { meta: { lastModified: `2026-03-0${day}T12:00:00Z` }, ...more })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-changes-'))
  mkdirSync(join(folder, 'policies'))
  server = await startScimServer({
    users: [person('ann', 1), person('ben', 2)],
    script: ({ path }) => {
      if (asksForUsers({ path })) onPeople()
      return undefined
    },
  })
  const cloud = `  cloud: { type: scim-pull, url: "${server.url}", auth: { bearer: { file: ./token } }, groups: false }`
  writeFileSync(join(folder, 'token'), scimToken)
  muster = await startReconciler(folder, cloud)
})
afterAll(async () => {
  await muster?.close()
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
})

const begin = (kind: 'full' | 'changes') =>
  requestRun(muster.temporal.client, { source: 'cloud', kind, requestedBy: { kind: 'admin', id: 'test' } })
const finish = async (runId: Promise<string>) => waitForRun(muster.store, await runId)

describe('a run that was asked for changes', () => {
  it('reads everything the first time, and what changed after that', async () => {
    expect(await finish(begin('changes'))).toMatchObject({
      kind: 'full',
      status: 'completed',
      read: { complete: true, entries: 2 },
      records: { added: 2 },
    })
    server.users = [person('ann', 1), person('ben', 2, { active: false }), person('cy', 3)]
    const run = await finish(begin('changes'))
    expect(run).toMatchObject({
      kind: 'changes',
      status: 'completed',
      read: { complete: true, entries: 2 },
      records: { added: 1, changed: 1, missing: 0 },
      identities: { created: 1, deactivated: 1 },
    })
    expect(Object.keys(run.read ?? {})).not.toContain('mark')
  })

  it('is not joined by one that is to read everything, which waits for its end', async () => {
    const begun: Promise<string>[] = []
    onPeople = () => {
      onPeople = () => undefined
      begun.push(begin('full'), begin('changes'))
    }
    const changes = await finish(begin('changes'))
    const [full, second] = await Promise.all(begun.map(finish))
    expect(changes.kind).toBe('changes')
    expect(full).toMatchObject({ kind: 'full', status: 'completed', read: { complete: true, entries: 3 } })
    expect(Date.parse(full?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(changes.endedAt ?? ''))
    // Changes are in everything: such a request joins whatever goes on.
    expect([changes.id, full?.id]).toContain(second?.id)
  })
})
