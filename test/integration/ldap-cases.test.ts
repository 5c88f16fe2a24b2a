import { afterEach, describe, expect, it } from 'vitest'
import { type Directory, type DirectoryScript, startDirectory } from '../../directory/start-directory.ts'
import {
  bindDn,
  bindPassword,
  type ConfigChanges,
  ldif,
  openOrganization,
  personDn,
  suffix,
} from '../support/organization.ts'
import { readAll } from '../support/read-all.ts'

const open: Directory[] = []
afterEach(async () => {
  for (const directory of open.splice(0)) await directory.close()
})

async function read(script: DirectoryScript, changes: ConfigChanges = {}) {
  const directory = await startDirectory({ ldif, bindDn, bindPassword, script })
  open.push(directory)
  return readAll(openOrganization([directory.url], changes))
}

const done = Buffer.alloc(0)
const person = (uid: string) => ({ entryUUID: [`id-${uid}`], uid: [uid], cn: [uid], sn: [uid] })
const isPageOf = (unit: string, { request }: Parameters<DirectoryScript>[0]) =>
  request.kind === 'search' && request.paging !== null && request.base.startsWith(`ou=${unit}`)

describe('what stands in entries', () => {
  it('takes a binary id for what it is, also where its bytes are a text', async () => {
    const guids = ['ABCDEFGHIJKLMNOP', 'abcdefghijklmnop', '0123456789 12345'].map((text) =>
      Buffer.from(text),
    )
    const { rows, outcome } = await read(
      (scripted, reply) => {
        if (!isPageOf('people', scripted)) return false
        for (const [n, guid] of guids.entries())
          reply.sendEntry(personDn(`p${n}`), { objectGUID: [guid], sAMAccountName: [`p${n}`] })
        reply.sendDone('search', { cookie: done })
        return true
      },
      {
        flavor: 'active-directory',
        groups: undefined,
        people: { base: `ou=people,${suffix}`, attributes: { userName: 'sAMAccountName' } },
      },
    )
    expect(outcome.complete).toBe(true)
    expect(rows.map((row) => row.externalId)).toEqual([
      '44434241-4645-4847-494a-4b4c4d4e4f50',
      '64636261-6665-6867-696a-6b6c6d6e6f70',
      '33323130-3534-3736-3839-203132333435',
    ])
  })

  it('knows the members of a group whatever escapes their names are written with', async () => {
    const { rows, outcome } = await read((scripted, reply) => {
      if (isPageOf('people', scripted)) {
        reply.sendEntry(`cn=Berg\\, Anna+uid=a,ou=people,${suffix}`, person('a'))
        reply.sendEntry(`cn=\\23 B\\C3\\A9la,ou=people,${suffix}`, person('b'))
        reply.sendDone('search', { cookie: done })
        return true
      }
      if (!isPageOf('groups', scripted)) return false
      const member = [`UID=A + cn="Berg, Anna", OU=People,${suffix}`, `cn=\\# Béla,ou=people,${suffix}`]
      reply.sendEntry(`cn=odd\\+,ou=groups,${suffix}`, { cn: ['odd'], member })
      reply.sendDone('search', { cookie: done })
      return true
    })
    expect(outcome).toMatchObject({ complete: true, groups: { entries: 1, unresolvedMembers: 0 } })
    expect(rows.map((row) => row.groups)).toEqual([['odd'], ['odd']])
  })

  it('reads a group of one million members, in memory for each once', async () => {
    const count = 1_000_000
    const members = [personDn('anna'), ...Array.from({ length: count - 1 }, (_, n) => personDn(`member${n}`))]
    let before = 0
    const { rows, outcome } = await read((scripted, reply) => {
      if (!isPageOf('groups', scripted)) return false
      const entry = reply.encodeEntry(`cn=all,ou=groups,${suffix}`, { cn: ['all'], member: members })
      before = process.memoryUsage().rss
      reply.send(entry)
      reply.sendDone('search', { cookie: done })
      return true
    })
    // Beside the 60 MB that the message has, and what the server of the test holds of it.
    expect(process.memoryUsage().rss - before).toBeLessThan(700_000_000)
    expect(outcome).toMatchObject({ complete: true, groups: { entries: 1, unresolvedMembers: count - 1 } })
    expect(
      rows.filter(({ groups }) => groups?.includes('all')).map((row) => row.attributes.userName),
    ).toEqual(['anna'])
  })
})

describe('answers that nobody asked for', () => {
  it('passes over intermediate responses and notices that mean nothing here', async () => {
    const { rows, outcome } = await read(
      (scripted, reply) => {
        if (!isPageOf('people', scripted)) return false
        // RFC 4511 section 4.13, with the id of this search; and one of the unsolicited kind.
        const { id } = scripted.request
        reply.sendEntry(personDn('a'), person('a'))
        reply.send(intermediate(id))
        reply.send(Buffer.from([0x30, 0x08, 0x02, 0x01, 0x00, 0x79, 0x03, 0x80, 0x01, 0x31]))
        reply.sendEntry(personDn('b'), person('b'))
        reply.sendDone('search', { cookie: done })
        return true
      },
      { groups: undefined },
    )
    expect(rows).toHaveLength(2)
    expect(outcome.complete).toBe(true)
  })

  it('ends at a notice of disconnection, and says its code', async () => {
    const { outcome } = await read(
      (scripted, reply) => {
        if (!isPageOf('people', scripted)) return false
        // RFC 4511 section 4.4.1: an extended response without id, here "unavailable".
        reply.send(
          Buffer.from([0x30, 0x0c, 0x02, 0x01, 0x00, 0x78, 0x07, 0x0a, 0x01, 0x34, 0x04, 0x00, 0x04, 0x00]),
        )
        return true
      },
      { groups: undefined },
    )
    expect(outcome).toMatchObject({
      complete: false,
      why: { code: 'closed', message: expect.stringContaining('code 52') },
    })
  })
})

function intermediate(id: number): Buffer {
  const number = Buffer.alloc(4)
  number.writeInt32BE(id)
  return Buffer.concat([
    Buffer.from([0x30, 0x0b, 0x02, 0x04]),
    number,
    Buffer.from([0x79, 0x03, 0x80, 0x01, 0x31]),
  ])
}
