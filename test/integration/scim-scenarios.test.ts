import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 as newId } from 'uuid'
import { afterEach, beforeEach, describe, test } from 'vitest'
import { drainBatch } from '../../application/drain-due.ts'
import { createDecider } from '../../bin/compose/decider.ts'
import { putPolicyFolderInForce } from '../../bin/compose/policy-folder.ts'
import type { Database } from '../../store/database.ts'
import { openStore, type Store } from '../../store/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type PersonSeen, playScenario } from '../support/scim-actor.ts'
import { configurationOf, startScimHost } from '../support/scim-host.ts'
import { entraByDefault, entraWithFlag } from './scim-scenarios/entra.ts'
import { hrScript } from './scim-scenarios/hr-script.ts'
import { microsoftValidator } from './scim-scenarios/microsoft-validator.ts'
import { oktaByPatch, oktaByPut, oktaSpecTest } from './scim-scenarios/okta.ts'
import type { Scenario } from './scim-scenarios/scenario.ts'
import { interopProfile } from './scim-scenarios/strict.ts'

const provision = (id: string, factor: string, from: string, condition: object) => ({
  id,
  target: 'active eq true',
  conditions: { all: [condition] },
  event: { type: 'provision', params: { rights: [factor], enroll: [{ factor, from, take: 'first' }] } },
})
/** By mail who has an address; by SMS who is in a certain group. */
const policies = {
  mail: provision('mail', 'otp-email', 'emails', { fact: 'emails', operator: 'present', value: true }),
  sms: provision('sms', 'otp-sms', 'phoneNumbers', {
    fact: 'groups',
    operator: 'contains',
    value: 'Mobile Workers',
  }),
}

const folder = mkdtempSync(join(tmpdir(), 'muster-scim-'))
let scratch: TestDatabase

beforeEach(async () => {
  mkdirSync(join(folder, 'policies'), { recursive: true })
  for (const [name, policy] of Object.entries(policies))
    writeFileSync(join(folder, 'policies', `${name}.json`), JSON.stringify(policy))
  scratch = await createTestDatabase()
})
afterEach(async () => {
  await scratch.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('what identity providers and scripts send, in order', () => {
  const scenarios: readonly Scenario[] = [
    entraByDefault,
    entraWithFlag,
    oktaByPatch,
    oktaByPut,
    oktaSpecTest,
    microsoftValidator,
    hrScript,
    interopProfile,
  ]
  test.each(scenarios)('$name is served, and people have what they should at each step', async (scenario) => {
    const store = openStore(scratch.database)
    const configuration = await configurationOf(
      join(folder, 'muster.yaml'),
      `policies: ./policies
sources: { push: { type: scim, strict: ${scenario.strict}, country: { default: DE }, correlate: [employeeNumber, userName] } }`,
    )
    const host = await startScimHost(store, configuration)
    try {
      await putPolicyFolderInForce(configuration, store, configuration.policies, {
        kind: 'system',
        id: 'test',
      })
      await playScenario(scenario, {
        url: host.url,
        token: await host.tokenFor('push'),
        settle: () => settle(store),
        look: (id) => look(scratch.database, id),
      })
    } finally {
      await host.close()
    }
  })
})

/** What the workflow does, without it. */
async function settle(store: Store): Promise<void> {
  const world = {
    store,
    clock: () => new Date(),
    newId,
    decider: createDecider(store),
    graceMs: 86_400_000,
  }
  for (let pass = 0; pass < 3; pass += 1) {
    let cursor: string | null = null
    do cursor = (await drainBatch(world, null, cursor)).cursor
    while (cursor !== null)
  }
}

async function look(database: Database, id: string): Promise<PersonSeen> {
  const { rows } = await database.raw<{ rows: PersonSeen[] }>(
    `select i.id as identity, i.active, i.left_at is not null as left,
       (select coalesce(array_agg(factor order by factor), '{}') from rights where identity_id = i.id and effective) as rights,
       (select coalesce(array_agg(factor || ' ' || status order by factor, status), '{}')
        from enrollments where identity_id = i.id and status is not null and removed is null) as enrollments,
       (select coalesce(array_agg(g->>'value' order by g->>'value'), '{}')
        from jsonb_array_elements(coalesce(i.attributes->'groups', '[]')) g) as groups
     from source_records r join identities i on i.id = r.identity_id where r.id = ?`,
    [id],
  )
  const [seen] = rows
  if (seen === undefined) throw new Error('There is no identity behind this resource.')
  return seen
}
