import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  endForGood,
  makeFolder,
  muster,
  musterJson,
  processesOf,
  readStack,
  startReady,
  type Up,
  waitFor,
  waitUntilGone,
} from './muster-program.ts'

const folder = makeFolder()
const place = { data: `${folder.path}/data` }
let up: Up | undefined
/** What somebody would paste who reads the output of the start. */
let line = ''

beforeAll(async () => {
  up = await startReady(place)
  // Ready is announced before the report is written.
  await waitFor('the report', () => up?.out().includes('Ctrl-C ends everything') === true)
  line = /^ {2}(curl .*\/scim\/v2\/Users .*)$/m.exec(up.out())?.[1] ?? ''
})

afterAll(async () => {
  await endForGood(up)
  await waitUntilGone(processesOf(place))
  folder.remove()
})

function paste(command: string) {
  return JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' }))
}

test('the printed line pushes a person, who has the right and the address a moment later', async () => {
  const pushed = paste(line)
  expect(pushed).toMatchObject({ userName: 'kim.winter', active: true, meta: { resourceType: 'User' } })
  await waitFor('the enrollment', async () => (await show()).enrollments.length > 0, 10_000)
  const identity = await show()
  expect(identity).toMatchObject({ active: true, records: [{ source: 'partners', externalId: 'agency-7' }] })
  expect(identity.rights).toContainEqual(
    expect.objectContaining({
      factor: 'otp-sms',
      effective: true,
      origins: [expect.objectContaining({ policy: 'contractors-until-their-end' })],
    }),
  )
  expect(identity.enrollments).toMatchObject([{ factor: 'otp-sms', usable: true, status: 'active' }])
})

test('a second paste is refused by its user name, and the source says so', async () => {
  expect(paste(line)).toMatchObject({ status: '409', scimType: 'uniqueness' })
  await waitFor('the refusal to be written down', async () => (await source()).lastRefusals.length > 0)
  expect(await source()).toMatchObject({
    type: 'scim',
    state: 'pushed',
    connection: { people: 1, groups: 0, due: 0, refused: { uniqueness: 1 } },
    lastRefusals: [{ method: 'POST', status: 409, kind: 'uniqueness' }],
  })
  const { out } = await muster(place, 'sources', 'show', 'partners')
  expect(out).toMatch(/people: 1, 0 due; groups: 0/)
  expect(out).toMatch(/refused: 1 × uniqueness/)
  expect(out).toMatch(/POST \/scim\/v2\/Users +409 +uniqueness/)
})

test('who is switched off by a push can do nothing the moment that it is answered', async () => {
  const [, token = ''] = /Bearer (\S+?)'/.exec(line) ?? []
  const { id } = (await users(token)).Resources[0] ?? {}
  const answer = await fetch(`${readStack(place)?.server}/scim/v2/Users/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'Replace', path: 'active', value: 'False' }],
    }),
  })
  expect(answer.status).toBe(200)
  const identity = await show()
  expect(identity.active).toBe(false)
  expect(identity.rights.filter(({ effective }: { effective: boolean }) => effective)).toEqual([])
  expect(identity.enrollments).toMatchObject([{ usable: false, status: 'suspended' }])
})

test('a source that is pushed is never read, and a token is for a source that is there', async () => {
  const read = await muster(place, 'reconcile', 'partners')
  expect(read).toMatchObject({ exitCode: 2, err: expect.stringContaining('partners is pushed') })
  expect(await muster(place, 'check', '--live')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('source partners: not opened, it is pushed'),
  })
  const wrong = await muster(place, 'token', 'create', 'agency', '--scope', 'scim:hr')
  expect(wrong).toMatchObject({ exitCode: 2, err: expect.stringContaining('there are: partners') })
  const right = await musterJson(place, ['token', 'create', 'agency', '--scope', 'scim:partners'])
  expect((await users(right.token)).totalResults).toBe(1)
})

const show = () => musterJson(place, ['identities', 'show', 'kim.winter'])
const source = () => musterJson(place, ['sources', 'show', 'partners'])

async function users(token: string): Promise<{ totalResults: number; Resources: { id: string }[] }> {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${readStack(place)?.server}/scim/v2/Users`, { headers })
  return (await answer.json()) as { totalResults: number; Resources: { id: string }[] }
}
