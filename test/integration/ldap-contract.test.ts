import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Directory, startDirectory } from '../../directory/start-directory.ts'
import { describePullSource } from '../contract/pull-source.ts'
import { bindDn, bindPassword, ldif, openOrganization, suffix } from '../support/organization.ts'
import { readAll } from '../support/read-all.ts'
import { type Slapd, startSlapd } from '../support/slapd.ts'

let directory: Directory
let slapd: Slapd
beforeAll(async () => {
  directory = await startDirectory({ ldif, bindDn, bindPassword })
  slapd = await startSlapd({ suffix, rootPassword: `"${bindPassword}"`, ldif })
})
afterAll(async () => {
  await directory.close()
  await slapd.close()
})

const servers = [
  { name: 'the sample directory', url: () => directory.url },
  { name: 'slapd', url: () => slapd.url },
]

describe.each(servers)('an LDAP source on $name', ({ url }) => {
  describePullSource(
    () => openOrganization([url()]),
    () => openOrganization(['ldap://127.0.0.1:1']),
  )

  it('resolves nested groups through a circle, whatever way a member is written', async () => {
    const { rows, outcome } = await readAll(openOrganization([url()]))
    const groups = Object.fromEntries(rows.map((row) => [row.attributes.userName, row.groups]))
    expect(groups).toEqual({
      anna: ['field', 'staff'],
      bela: ['field', 'staff'],
      cleo: [],
      dora: [],
      emil: [],
    })
    expect(outcome.groups).toEqual({ complete: true, entries: 2, unresolvedMembers: 1 })
  })

  it('reads any page size to the same rows', async () => {
    const whole = await readAll(openOrganization([url()]))
    for (const pageSize of [1, 2, 4, 5]) {
      const paged = await readAll(openOrganization([url()], { pageSize }))
      expect(paged.outcome).toMatchObject({ complete: true, entries: 5 })
      expect(paged.rows).toEqual(whole.rows)
    }
  })

  it('reads no groups where none are configured, and says so', async () => {
    const { rows, outcome } = await readAll(openOrganization([url()], { groups: undefined }))
    expect(outcome).toMatchObject({ complete: true, groups: null })
    expect(rows.every((row) => row.groups === null)).toBe(true)
  })
})

it('finds the same people on both servers', async () => {
  const [ours, theirs] = [
    await readAll(openOrganization([directory.url])),
    await readAll(openOrganization([slapd.url])),
  ]
  const strip = (rows: typeof ours.rows) => rows.map(({ externalId: _, ...rest }) => rest)
  expect(strip(ours.rows)).toEqual(strip(theirs.rows))
})
