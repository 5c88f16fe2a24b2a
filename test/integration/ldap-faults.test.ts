// Longer than 300 lines: the table of ways in which a directory lies, stands still or breaks off, to be read as one.
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

async function serve(script?: DirectoryScript, text = ldif): Promise<Directory> {
  const directory = await startDirectory({ ldif: text, bindDn, bindPassword, ...(script ? { script } : {}) })
  open.push(directory)
  return directory
}

const peopleOnly: ConfigChanges = { groups: undefined }

/** Scripts only the paged searches for people; `turn` counts them. */
function onPeople(
  answer: (turn: number, reply: Parameters<DirectoryScript>[1], connection: number) => boolean,
): DirectoryScript {
  let turn = 0
  return ({ request, connection }, reply) => {
    if (request.kind !== 'search' || request.paging === null || !request.base.startsWith('ou=people'))
      return false
    return answer(++turn, reply, connection)
  }
}

const person = (uid: string) => ({ entryUUID: [`id-${uid}`], uid: [uid], cn: [uid], sn: [uid] })
const done = Buffer.alloc(0)

async function readScripted(script: DirectoryScript, changes: ConfigChanges = {}) {
  const directory = await serve(script)
  return readAll(openOrganization([directory.url], { ...peopleOnly, ...changes }))
}

describe('paging', () => {
  it('goes on behind an empty page that has a cookie', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((turn, reply) => {
        if (turn !== 2) reply.sendEntry(personDn(`p${turn}`), person(`p${turn}`))
        reply.sendDone('search', { cookie: turn < 3 ? Buffer.from(`c${turn}`) : done })
        return true
      }),
    )
    expect(rows.map((row) => row.externalId)).toEqual(['id-p1', 'id-p3'])
    expect(outcome).toMatchObject({ complete: true, entries: 2, pages: 3 })
  })

  it('gives no proof when the server drops the paging control', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), person('a'))
        reply.sendDone('search')
        return true
      }),
    )
    expect(outcome).toMatchObject({ complete: false, entries: 1, why: { code: 'paging-dropped' } })
    expect(rows).toHaveLength(1)
  })

  it('stops a server that ignores the page size and pours out everything', async () => {
    const { outcome } = await readScripted(
      onPeople((_, reply) => {
        for (let index = 0; index < 50; index++) reply.sendEntry(personDn(`p${index}`), person(`p${index}`))
        reply.sendDone('search', { cookie: done })
        return true
      }),
      { pageSize: 5 },
    )
    expect(outcome).toMatchObject({ complete: false, why: { code: 'paging-dropped' } })
  })

  it('stops a server that sends the same page again and again', async () => {
    const { outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), person('a'))
        reply.sendDone('search', { cookie: Buffer.from('again') })
        return true
      }),
    )
    expect(outcome).toMatchObject({ complete: false, why: { code: 'paging-repeated' } })
  })

  it.each([
    { code: 3, fault: 'time-limit' },
    { code: 4, fault: 'size-limit' },
    { code: 11, fault: 'size-limit' },
    { code: 10, fault: 'referral' },
    { code: 12, fault: 'paging-dropped' },
    { code: 50, fault: 'access-denied' },
    { code: 51, fault: 'server-error' },
  ])('keeps the rows before result code $code and calls it $fault', async ({ code, fault }) => {
    const { rows, outcome } = await readScripted(
      onPeople((turn, reply) => {
        reply.sendEntry(personDn(`p${turn}`), person(`p${turn}`))
        reply.sendDone('search', turn === 1 ? { cookie: Buffer.from('next') } : { code, cookie: done })
        return true
      }),
    )
    expect(rows.map((row) => row.externalId)).toEqual(['id-p1', 'id-p2'])
    expect(outcome).toMatchObject({ complete: false, why: { code: fault } })
    expect(outcome.why?.message).toContain(`code ${code}`)
  })
})

describe('what a server says', () => {
  it('takes success with nobody for no proof, unless the source may be empty', async () => {
    const nobody = onPeople((_, reply) => {
      reply.sendDone('search', { cookie: done })
      return true
    })
    expect((await readScripted(nobody)).outcome).toMatchObject({ complete: false, why: { code: 'empty' } })
    expect((await readScripted(nobody, { allowEmpty: true })).outcome).toMatchObject({
      complete: true,
      entries: 0,
    })
  })

  it('counts references, and gives no proof with one', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendReference('ldap://elsewhere.example/dc=other')
        reply.sendEntry(personDn('a'), person('a'))
        reply.sendDone('search', { cookie: done })
        return true
      }),
    )
    expect(rows).toHaveLength(1)
    expect(outcome).toMatchObject({ complete: false, references: 1, why: { code: 'referral' } })
  })

  it('names a base that does not exist', async () => {
    const directory = await serve()
    const people = { base: 'ou=nowhere,dc=example,dc=org', attributes: { userName: 'uid' } }
    const { outcome } = await readAll(openOrganization([directory.url], { ...peopleOnly, people }))
    expect(outcome.why).toMatchObject({ code: 'base-not-found' })
    expect(outcome.why?.message).toContain('ou=nowhere,dc=example,dc=org')
  })

  it('gives no proof where the base itself cannot be seen', async () => {
    const { outcome } = await readScripted(({ request }, reply) => {
      if (request.kind !== 'search' || request.scope !== 'base' || request.base === '') return false
      reply.sendDone('search')
      return true
    })
    expect(outcome).toMatchObject({ complete: false, why: { code: 'base-not-found' } })
  })

  it('reports a filter that the server refuses', async () => {
    const { outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendDone('search', { code: 2, diagnostic: 'bad search filter' })
        return true
      }),
    )
    expect(outcome).toMatchObject({ complete: false, why: { code: 'filter-refused' } })
  })

  it('reads a ranged attribute to its end', async () => {
    const { rows, outcome } = await readRanged((next) => (next < 6 ? `${next}-${next + 1}` : `${next}-*`))
    expect(rows.find((row) => row.attributes.userName === 'anna')?.groups).toEqual(['big'])
    expect(outcome).toMatchObject({
      complete: true,
      groups: { complete: true, entries: 1, unresolvedMembers: 7 },
    })
  })

  it('gives no proof and reads nobody where a range cannot be completed', async () => {
    const { rows, outcome } = await readRanged(() => null)
    expect(outcome).toMatchObject({
      complete: false,
      why: { code: 'range-incomplete' },
      groups: { complete: false },
    })
    expect(rows).toEqual([])
  })

  it('reads people without their groups when the caller keeps those it knows', async () => {
    const { rows, outcome } = await readRanged(() => null, 'kept')
    expect(outcome).toMatchObject({ complete: false, entries: 5, groups: { complete: false } })
    expect(rows.map((row) => row.groups)).toEqual([null, null, null, null, null])
  })

  it('keeps an attribute that is hidden, an empty one and one with values apart from a wrong one', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), { ...person('a'), title: [] })
        reply.sendEntry(personDn('b'), { ...person('b'), title: [Buffer.from([0xc3, 0x28])] })
        reply.sendEntry(personDn('c'), { uid: ['c'], cn: ['c'] })
        reply.sendDone('search', { cookie: done })
        return true
      }),
    )
    expect(rows.map((row) => row.externalId)).toEqual(['id-a'])
    expect(outcome).toMatchObject({ complete: false, problemCount: 2 })
    expect(outcome.problems).toEqual([
      { where: 'id-b', code: 'encoding', message: 'a value of title is not valid UTF-8' },
      { where: 'entry 3', code: 'missing-id', message: 'there is no entryUUID' },
    ])
  })

  it('leaves out an entry with U+0000, which no database keeps, and names it so that one does', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), person('a'))
        reply.sendEntry(personDn('b'), { ...person('b'), title: ['Head\0Chef'] })
        reply.sendEntry(personDn('c'), { ...person('c'), entryUUID: ['id\0c'] })
        reply.sendDone('search', { code: 51, diagnostic: 'busy\0' })
        return true
      }),
    )
    expect(rows.map((row) => row.externalId)).toEqual(['id-a'])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'server-error' } })
    expect(outcome.problems).toEqual([
      { where: 'id-b', code: 'encoding', message: 'a value of title holds U+0000, which nothing can keep' },
      {
        where: 'id\ufffdc',
        code: 'encoding',
        message: 'a value of entryUUID holds U+0000, which nothing can keep',
      },
    ])
    expect(JSON.stringify(outcome)).not.toContain('\\u0000')
  })

  it('gives no proof of its groups where the name of one holds U+0000', async () => {
    const directory = await serve(({ request }, reply) => {
      if (request.kind !== 'search' || !request.paging || !request.base.startsWith('ou=groups')) return false
      reply.sendEntry(`cn=odd,ou=groups,${suffix}`, { cn: ['o\0dd'], member: [personDn('anna')] })
      reply.sendDone('search', { cookie: done })
      return true
    })
    const { rows, outcome } = await readAll(openOrganization([directory.url]))
    expect(rows).toEqual([])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'encoding' }, groups: { complete: false } })
    expect(outcome.why?.message).toBe('groups: a group has a cn with U+0000')
  })

  it('never shows a name or a number of a person in its reasons', async () => {
    const { outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('secretname'), { uid: ['secretname'], mobile: ['+4915112345678'] })
        reply.sendDone('search', { cookie: done })
        return true
      }),
    )
    expect(outcome.problemCount).toBe(1)
    expect(JSON.stringify(outcome)).not.toMatch(/secretname|49151/)
  })
})

/** Anna and seven unknown members in one group, given two at a time; `range` says how a follow-up is answered. */
async function readRanged(range: (next: number) => string | null, unknownGroups: 'stop' | 'kept' = 'stop') {
  const members = [
    personDn('x0'),
    ...[1, 2, 3, 4, 5, 6].map((index) => personDn(`x${index}`)),
    personDn('anna'),
  ]
  const directory = await serve(({ request }, reply) => {
    if (request.kind !== 'search') return false
    const dn = `cn=big,ou=groups,${suffix}`
    if (request.paging && request.base.startsWith('ou=groups')) {
      reply.sendEntry(dn, { cn: ['big'], member: [], 'member;range=0-1': members.slice(0, 2) })
      reply.sendDone('search', { cookie: done })
      return true
    }
    const next = Number(/range=(\d+)-/.exec(request.attributes.join())?.[1] ?? -1)
    if (next < 0) return false
    const part = range(next)
    const end = part?.endsWith('*') ? members.length : next + 2
    reply.sendEntry(dn, part ? { [`member;range=${part}`]: members.slice(next, end) } : {})
    reply.sendDone('search')
    return true
  })
  return readAll(openOrganization([directory.url]), { unknownGroups })
}

describe('broken bytes', () => {
  it.each([
    { name: 'bytes that are no LDAP', bytes: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') },
    { name: 'a length that is not allowed', bytes: () => Buffer.from([0x30, 0x80, 0x02, 0x01]) },
    {
      name: 'a wrong inner length',
      bytes: (entry: Buffer) => {
        const wrong = Buffer.from(entry)
        // The length of the attribute's name: it now reaches beyond the message.
        wrong[wrong.indexOf('uid') - 1] = 0x7f
        return wrong
      },
    },
    {
      name: 'an answer to nothing that was asked',
      bytes: (entry: Buffer) => {
        const wrong = Buffer.from(entry)
        wrong[wrong.indexOf(0x64) - 1] = 0x7f
        return wrong
      },
    },
    {
      name: 'an unknown kind of answer',
      bytes: (entry: Buffer) => {
        const wrong = Buffer.from(entry)
        wrong[wrong.indexOf(0x64)] = 0x7e
        return wrong
      },
    },
  ])('ends at $name', async ({ bytes }) => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.send(bytes(reply.encodeEntry('', { uid: ['a'] })))
        return true
      }),
    )
    expect(rows).toEqual([])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'undecodable' } })
  })

  it('keeps who came before an entry that cannot be decoded, and nobody behind it', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), person('a'))
        const wrong = Buffer.from(reply.encodeEntry(personDn('b'), person('b')))
        wrong[wrong.indexOf('entryUUID') - 1] = 0x7f
        reply.send(wrong)
        reply.sendEntry(personDn('c'), person('c'))
        reply.sendDone('search', { cookie: done })
        return true
      }),
    )
    expect(rows.map((row) => row.externalId)).toEqual(['id-a'])
    expect(outcome).toMatchObject({ complete: false, entries: 1, why: { code: 'undecodable' } })
  })

  it('ends at a wrong inner length in the answer to the bind', async () => {
    const { outcome } = await readScripted(({ request }, reply) => {
      if (request.kind !== 'bind') return false
      // A bind response whose last text is longer than the message: ldapts would loop on it without end.
      reply.send(
        Buffer.from([
          0x30,
          0x0e,
          0x02,
          0x01,
          request.id,
          0x61,
          0x09,
          0x0a,
          0x01,
          0x00,
          0x04,
          0x00,
          0x04,
          0x00,
          0x87,
          0x7f,
        ]),
      )
      return true
    })
    expect(outcome).toMatchObject({ complete: false, why: { code: 'undecodable' } })
  })

  it('refuses a message over the limit without gathering it', async () => {
    const { outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), { ...person('a'), title: ['x'.repeat(200_000)] })
        reply.sendDone('search', { cookie: done })
        return true
      }),
      { messageLimit: 100_000 },
    )
    expect(outcome).toMatchObject({ complete: false, why: { code: 'too-large' } })
  })

  it('reads an attribute of 10 MB', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), { ...person('a'), title: ['x'.repeat(10_000_000)] })
        reply.sendDone('search', { cookie: done })
        return true
      }),
    )
    expect(outcome.complete).toBe(true)
    expect(rows[0]?.attributes.title).toHaveLength(10_000_000)
  })
})

describe('connections that end or stand still', () => {
  const shortIdle = { timeouts: { connect: '1s', idle: '1s' } }

  it.each([
    { step: 'bind', script: (({ request }) => request.kind === 'bind') satisfies DirectoryScript },
    { step: 'search', script: onPeople(() => true) },
    {
      step: 'second page',
      script: onPeople((turn, reply) => {
        if (turn > 1) return true
        reply.sendEntry(personDn('a'), person('a'))
        reply.sendDone('search', { cookie: Buffer.from('next') })
        return true
      }),
    },
  ])('gives up on a server that is silent at the $step', async ({ script }) => {
    const { outcome } = await readScripted(script, shortIdle)
    expect(outcome).toMatchObject({ complete: false, why: { code: 'silent' } })
  })

  it('waits for a server that is slow but alive', async () => {
    const { rows, outcome } = await readScripted(
      onPeople((_, reply) => {
        const entries = ['a', 'b', 'c', 'd'].map((uid) => reply.encodeEntry(personDn(uid), person(uid)))
        const drip = setInterval(() => {
          const entry = entries.shift()
          if (entry) reply.send(entry)
          else {
            clearInterval(drip)
            reply.sendDone('search', { cookie: done })
          }
        }, 400)
        return true
      }),
      shortIdle,
    )
    expect(outcome.complete).toBe(true)
    expect(rows).toHaveLength(4)
  })

  it('ends a read at its deadline, however alive the server is', async () => {
    const { outcome } = await readScripted(
      onPeople((_, reply) => {
        const drip = setInterval(() => reply.send(reply.encodeEntry(personDn('a'), person('a'))), 100)
        drip.unref()
        return true
      }),
      { timeouts: { deadline: '1s' } },
    )
    expect(outcome).toMatchObject({ complete: false, why: { code: 'deadline' } })
  })

  it('never connects a second time when the server ends the connection', async () => {
    const directory = await serve(
      onPeople((turn, reply) => {
        if (turn === 1) {
          reply.sendEntry(personDn('a'), person('a'))
          reply.sendDone('search', { cookie: Buffer.from('next') })
        } else reply.close()
        return true
      }),
    )
    const { rows, outcome } = await readAll(openOrganization([directory.url], peopleOnly))
    expect(rows).toHaveLength(1)
    expect(outcome).toMatchObject({ complete: false, why: { code: 'closed' } })
    expect(directory.connections()).toBe(1)
  })

  it('never connects a second time when the server ends the connection within a message', async () => {
    const directory = await serve(
      onPeople((_, reply) => {
        reply.send(reply.encodeEntry(personDn('a'), person('a')).subarray(0, 20))
        reply.close()
        return true
      }),
    )
    const { rows, outcome } = await readAll(openOrganization([directory.url], peopleOnly))
    expect(rows).toEqual([])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'closed' } })
    expect(directory.connections()).toBe(1)
  })

  it('reads groups and people over one connection', async () => {
    const directory = await serve()
    const { outcome } = await readAll(openOrganization([directory.url]))
    expect(outcome.complete).toBe(true)
    expect(directory.connections()).toBe(1)
  })

  it('destroys the connection when it is cancelled in the middle of a page', async () => {
    const controller = new AbortController()
    const directory = await serve(
      onPeople((_, reply) => {
        reply.sendEntry(personDn('a'), person('a'))
        controller.abort(new Error('the worker stops'))
        return true
      }),
    )
    const reading = readAll(openOrganization([directory.url], peopleOnly), { signal: controller.signal })
    await expect(reading).rejects.toThrow('the worker stops')
  })

  it('ends the connection when its caller stops early', async () => {
    const directory = await serve()
    const reading = openOrganization([directory.url], { ...peopleOnly, pageSize: 1 }).readAll({
      signal: new AbortController().signal,
    })
    await reading.next()
    await reading.return({} as never)
    expect((await reading.next()).done).toBe(true)
  })
})

describe('servers that cannot be used', () => {
  it('takes the second address when the first cannot be reached', async () => {
    const directory = await serve()
    const { rows, outcome } = await readAll(openOrganization(['ldap://127.0.0.1:1', directory.url]))
    expect(outcome.complete).toBe(true)
    expect(rows).toHaveLength(5)
  })

  it('names every address that cannot be reached', async () => {
    const { outcome } = await readAll(openOrganization(['ldap://127.0.0.1:1', 'ldap://127.0.0.1:2']))
    expect(outcome.why?.code).toBe('unreachable')
    expect(outcome.why?.message).toMatch(/127\.0\.0\.1:1 .*127\.0\.0\.1:2 /)
  })

  it('does not try a refused password at the next server: that would lock the account', async () => {
    const [first, second] = [await serve(), await serve()]
    const bind = { dn: bindDn, password: 'not-the-secret' }
    const { outcome } = await readAll(openOrganization([first.url, second.url], { bind }))
    expect(outcome).toMatchObject({ complete: false, why: { code: 'bind-refused' } })
    expect(outcome.why?.message).not.toContain('not-the-secret')
    expect(second.connections()).toBe(0)
  })

  it('says that StartTLS is refused, and sends no password then', async () => {
    const seen: string[] = []
    const directory = await serve(({ request }) => {
      seen.push(request.kind)
      return false
    })
    const { outcome } = await readAll(openOrganization([directory.url], { tls: { mode: 'starttls' } }))
    expect(outcome).toMatchObject({ complete: false, why: { code: 'starttls-refused' } })
    expect(seen).not.toContain('bind')
  })

  it.each([
    {
      name: 'a host that does not exist',
      urls: ['ldap://no-such-host.invalid'],
      changes: { tls: { mode: 'none', allowCleartext: true } },
      message: /no such host|name service/,
    },
    {
      name: 'a port where nobody listens',
      urls: ['ldap://127.0.0.1:1'],
      changes: {},
      message: /nobody listens/,
    },
  ])('says in a live test what is wrong with $name', async ({ urls, changes, message }) => {
    const test = await openOrganization(urls, changes).test(new AbortController().signal)
    expect(test.ok).toBe(false)
    expect(test.message).toMatch(message)
  })

  it.each([
    {
      name: 'a wrong password',
      changes: { bind: { dn: bindDn, password: 'wrong' } },
      message: /refuses the bind of cn=admin.*wrong password/,
    },
    {
      name: 'groups that are not there',
      changes: { groups: { base: 'ou=teams,dc=example,dc=org' } },
      message: /ou=teams,dc=example,dc=org: there is no such base/,
    },
    {
      name: 'a filter that matches nobody',
      changes: { people: { base: suffix, filter: '(uid=nobody)', attributes: { userName: 'uid' } } },
      message: /nobody matches \(uid=nobody\)/,
    },
  ])('says in a live test what is wrong with $name', async ({ changes, message }) => {
    const directory = await serve()
    const test = await openOrganization([directory.url], changes).test(new AbortController().signal)
    expect(test.ok).toBe(false)
    expect(test.message).toMatch(message)
  })

  it('says in a live test which mapped attributes nobody has', async () => {
    const directory = await serve()
    const people = { base: suffix, filter: '(uid=*)', attributes: { userName: 'uid', nickName: 'nickname' } }
    const test = await openOrganization([directory.url], { people }).test(new AbortController().signal)
    expect(test).toMatchObject({
      ok: true,
      message: expect.stringContaining('none of these people has nickname'),
    })
  })
})
