import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IdentityView } from '../../domain/identity-view.ts'
import type { Run } from '../../domain/run.ts'
import { type Slapd, startSlapd } from '../support/slapd.ts'
import {
  endForGood,
  interrupt,
  makeFolder,
  muster,
  musterJson,
  startReady,
  type Up,
} from './muster-program.ts'

/** What a newcomer writes by hand; the README shows the same files. */
const written = fileURLToPath(new URL('own-directory', import.meta.url))
const password = 'read-only-secret'
const folder = makeFolder()
const place = {
  data: join(folder.path, 'data'),
  config: join(folder.path, 'muster.yaml'),
  env: { COMPANY_LDAP_PASSWORD: password },
}
let slapd: Slapd
let up: Up | undefined

beforeAll(async () => {
  slapd = await startSlapd({
    suffix: 'dc=example,dc=net',
    rootPassword: password,
    ldif: readFileSync(join(written, 'people.ldif'), 'utf8'),
  })
  cpSync(written, folder.path, { recursive: true })
  const text = readFileSync(place.config, 'utf8')
  expect(text).toContain('ldap://127.0.0.1:1389')
  writeFileSync(place.config, text.replace('ldap://127.0.0.1:1389', slapd.url))
})
afterAll(async () => {
  await endForGood(up)
  await slapd?.close()
  folder.remove()
})

test('the two files by hand have no fault, and the directory can be read with them', async () => {
  const { exitCode, out } = await muster(place, 'check', '--live')
  expect({ exitCode, out }).toEqual({
    exitCode: 0,
    out: expect.stringContaining(
      'source company: ok, 4 people found under ou=people,dc=example,dc=net; 2 groups',
    ),
  })
})

test('up --once reads the directory and gives the right people the rights and enrollments', async () => {
  const { runs }: { runs: readonly Run[] } = await musterJson(place, ['up', '--once'])
  expect(runs).toMatchObject([
    {
      source: 'company',
      status: 'completed',
      read: { complete: true, entries: 4, groups: { complete: true, entries: 2, unresolvedMembers: 0 } },
      records: { added: 4 },
      identities: { created: 4 },
      effects: { rightsGranted: 4, enrolled: 3 },
    },
  ])
})

test('a nested group counts, a landline is reported, and who is in no group or has left gets nothing', async () => {
  up = await startReady(place)
  const who = async (name: string) => summarise(await musterJson(place, ['identities', 'show', name]))
  expect(await who('ada')).toEqual({
    active: true,
    groups: ['sales', 'vpn'],
    rights: ['otp-email', 'otp-sms'],
    enrolled: ['otp-email active', 'otp-sms active'],
    unusable: [],
  })
  expect(await who('bo')).toEqual({
    active: true,
    groups: ['vpn'],
    rights: ['otp-email', 'otp-sms'],
    enrolled: ['otp-email active'],
    unusable: ['otp-sms landline'],
  })
  const nothing = { rights: [], enrolled: [], unusable: [] }
  expect(await who('cai')).toEqual({ active: true, groups: [], ...nothing })
  expect(await who('dov')).toEqual({ active: false, groups: ['sales', 'vpn'], ...nothing })
  const revealed = await musterJson(place, ['enrollments', 'list', '--who', 'ada', '--reveal'])
  expect(revealed.enrollments.map(({ address }: { address: string }) => address).sort()).toEqual([
    '+4915123456789',
    'ada@example.net',
  ])
  expect(await interrupt(up)).toMatchObject({ exitCode: 0 })
})

function summarise({ active, attributes, rights, enrollments, unusable }: IdentityView) {
  return {
    active,
    groups: (attributes.groups ?? []).map(({ value }) => value).toSorted(),
    rights: rights.flatMap(({ effective, factor }) => (effective ? [factor] : [])).toSorted(),
    enrolled: enrollments.map(({ factor, status }) => `${factor} ${status}`).toSorted(),
    unusable: unusable.map(({ factor, reason }) => `${factor} ${reason}`),
  }
}
