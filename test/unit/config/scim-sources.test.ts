import { describe, expect, it } from 'vitest'
import { readConfiguration } from '../../../config/read-configuration.ts'

const ldap = (groups: string) =>
  `{ type: ldap, urls: [ldap://127.0.0.1], tls: { mode: none }, bind: { dn: cn=a, password: x }, people: { base: dc=x, attributes: { userName: uid } }${groups} }`
const corp = `corp: ${ldap(', groups: { base: dc=x }')}`
const plain = `corp: ${ldap('')}`
const workday = 'workday: { type: scim }'
const cloud =
  'cloud: { type: scim-pull, url: "https://idp.example.com/scim", auth: { bearer: x }, schedule: { full: 24h } }'

const read = (...lines: readonly string[]) =>
  readConfiguration({ file: '/etc/muster/muster.yaml', env: {} }, `${lines.join('\n')}\n`)

async function groupsFrom(...sources: readonly string[]) {
  const result = await read('sources:', ...sources.map((source) => `  ${source}`))
  return result.ok
    ? result.configuration.groupsFrom
    : result.faults.map(({ path, code }) => `${path} ${code}`)
}

describe('sources of SCIM in a configuration', () => {
  it('are read, or pushed and never read', async () => {
    const result = await read('sources:', `  ${workday}`, `  ${cloud}`)
    if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join())
    expect(result.configuration.sources).toMatchObject({
      workday: { type: 'scim', pushed: true, bringsGroups: true, schedule: { full: null, changes: null } },
      cloud: {
        type: 'scim-pull',
        pushed: false,
        bringsGroups: true,
        schedule: { full: 86_400_000, changes: null },
      },
    })
  })

  it.each<[string, readonly string[], readonly string[]]>([
    ['the one that is pushed, where nothing else brings some', [plain, workday], ['workday']],
    [
      'the one that is read, beside any number that are pushed',
      [corp, workday, 'okta: { type: scim }'],
      ['corp'],
    ],
    ['the server that is read', [plain, cloud], ['cloud']],
    [
      'nobody to be guessed between two that are pushed',
      [workday, 'okta: { type: scim }'],
      ['groupsFrom missing'],
    ],
    ['nobody to be guessed between two that are read', [corp, cloud], ['groupsFrom missing']],
    [
      'the other one, where a server is read without groups',
      [corp, cloud.replace('auth', 'groups: false, auth')],
      ['corp'],
    ],
  ])('give policies the groups of %s', async (_, sources, expected) => {
    expect(await groupsFrom(...sources)).toEqual(expected)
  })

  it('can be named as those whose groups policies see', async () => {
    const result = await read('groupsFrom: [workday]', 'sources:', `  ${corp}`, `  ${workday}`)
    expect(result.ok && result.configuration.groupsFrom).toEqual(['workday'])
  })

  it('have no schedule where they are pushed, and one for changes where they are read', async () => {
    const result = await read('sources:', '  workday: { type: scim, schedule: { changes: 5m } }')
    const faults = result.ok
      ? []
      : result.faults.map(({ path, code, message }) => `${path} ${code}: ${message}`)
    expect(faults).toEqual([expect.stringMatching(/^sources\.workday\.schedule unknown-key/)])
    const asked = await read('sources:', `  ${cloud.replace('full: 24h', 'full: 24h, changes: 5m')}`)
    expect(asked.ok && asked.configuration.sources['cloud']?.schedule).toEqual({
      full: 86_400_000,
      changes: 300_000,
    })
  })
})
