import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { PullSource } from '../../connectors/connector.ts'
import { csvConfig, openCsv } from '../../connectors/csv/index.ts'
import { describePullSource } from '../contract/pull-source.ts'
import { readAll } from '../support/read-all.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-csv-'))
afterAll(() => rmSync(folder, { recursive: true }))

const header = 'id,login,name,family,title,number,mail,mobile,status'
const organization = [
  header,
  '1,anna,Anna Berg,Berg,,n-anna,anna@example.org,+49 151 2345678,',
  '2,bela,Béla Kovács,Kovács,,n-bela,bela@example.org,,',
  '3,cleo,"Cleo, the ""Third""",Cleo,Lead,n-cleo,,,',
  '4,dora,Dora Ek,Ek,,n-dora,dora@example.org,,left',
  '5,emil,山田 太郎,山田,,n-emil,,,',
  '',
].join('\r\n')

let files = 0
function write(content: string | Buffer): string {
  const path = join(folder, `people-${++files}.csv`)
  writeFileSync(path, content)
  return path
}

function open(path: string, changes: Readonly<Record<string, unknown>> = {}): PullSource {
  const config = csvConfig.parse({
    type: 'csv',
    file: path,
    externalId: 'id',
    attributes: {
      userName: 'login',
      displayName: 'name',
      'name.familyName': 'family',
      title: 'title',
      employeeNumber: 'number',
      emails: [{ from: 'mail', type: 'work', primary: true }],
      phoneNumbers: [{ from: 'mobile', type: 'mobile' }],
    },
    inactive: [{ attribute: 'status', oneOf: ['left', 'retired'] }],
    country: { default: 'DE' },
    ...changes,
  })
  return openCsv(config, { customAttributes: {}, folder, clock: () => new Date('2026-01-15T12:00:00Z') })
}

const read = (content: string | Buffer, changes: Readonly<Record<string, unknown>> = {}) =>
  readAll(open(write(content), changes))
const small = { attributes: { userName: 'login' }, inactive: [] }

describe('a CSV source', () => {
  describePullSource(
    () => open(write(organization)),
    () => open(join(folder, 'nowhere.csv')),
  )

  it('reads quotes, commas and line ends within values', async () => {
    const { rows } = await read('id,login\n1,"a ""quoted"",\nvalue"\n', small)
    expect(rows[0]?.attributes.userName).toBe('a "quoted",\nvalue')
  })

  it('skips a byte order mark and takes another delimiter', async () => {
    const { rows, outcome } = await read(`\ufeffid;login\n1;a,b\n`, { ...small, delimiter: ';' })
    expect(outcome.complete).toBe(true)
    expect(rows[0]?.attributes.userName).toBe('a,b')
  })

  it.each([
    { encoding: 'windows-1252', bytes: Buffer.from('id,login\n1,Jos\xe9 \x80\n', 'latin1'), login: 'José €' },
    { encoding: 'utf-16le', bytes: Buffer.from('\ufeffid,login\n1,José €\n', 'utf16le'), login: 'José €' },
    { encoding: 'iso-8859-15', bytes: Buffer.from('id,login\n1,Jos\xe9 \xa4\n', 'latin1'), login: 'José €' },
  ])('reads $encoding', async ({ encoding, bytes, login }) => {
    const { rows, outcome } = await read(bytes, { ...small, encoding })
    expect(outcome.complete).toBe(true)
    expect(rows[0]?.attributes.userName).toBe(login)
  })

  it('yields batches of at most 1,000 rows, whatever the blocks of the file are', async () => {
    const lines = Array.from(
      { length: 20_500 },
      (_, index) => `${index},login-${index} ${'é'.repeat(index % 40)}`,
    )
    const { rows, outcome, batches } = await read(`id,login\n${lines.join('\n')}\n`, small)
    expect(outcome).toMatchObject({ complete: true, entries: 20_500 })
    expect(Math.max(...batches)).toBe(1000)
    expect(rows.map((row) => `${row.externalId},${row.attributes.userName}`)).toEqual(
      lines.map((line) => line.trim()),
    )
  })
})

describe('a CSV file that is not as it has to be', () => {
  it('names a missing column and the nearest one', async () => {
    const { rows, outcome } = await read(organization.replace('number', 'numbre').replace('login', 'user'))
    expect(rows).toEqual([])
    expect(outcome.why).toMatchObject({ code: 'header-mismatch' })
    expect(outcome.why?.message).toMatch(
      /column "login" is missing;.*column "number" is missing \(there is "numbre"\)/,
    )
  })

  it('refuses a mapped column that is there twice', async () => {
    const { outcome } = await read('id,login,login\n1,a,b\n', small)
    expect(outcome.why).toMatchObject({
      code: 'header-mismatch',
      message: expect.stringContaining('"login" is there twice'),
    })
  })

  it('reports bad rows by line, and the good ones count', async () => {
    const { rows, outcome } = await read('id,login\n1,a\n2\n3,c,too much\n,d\n5,e"x\n6,f\n', small)
    expect(rows.map((row) => row.externalId)).toEqual(['1', '6'])
    expect(outcome).toMatchObject({ complete: false, problemCount: 4, why: { code: 'bad-row' } })
    expect(outcome.problems.map(({ where, code }) => `${where} ${code}`).sort()).toEqual([
      'line 3 bad-row',
      'line 4 bad-row',
      'line 5 missing-id',
      'line 6 bad-row',
    ])
  })

  it('counts lines, not rows: a value may have several', async () => {
    const { rows, outcome } = await read('id,login\n1,"a\nb\nc"\n2\n1,again\n\n3,"d\ne",x\n', small)
    expect(rows.map((row) => row.externalId)).toEqual(['1'])
    expect(outcome.problems).toEqual([
      { where: 'line 5', code: 'bad-row', message: '1 columns where the header has 2' },
      { where: 'line 6', code: 'duplicate-id', message: 'lines 4 and 6 have the same external id' },
      { where: 'line 9', code: 'bad-row', message: '3 columns where the header has 2' },
    ])
  })

  it('reports by line a value that is not what its attribute has to be, and not the value', async () => {
    const attributes = { userName: 'login', startDate: 'start' }
    const { rows, outcome } = await read('id,login,start\n1,a,2026-02-01\n2,b,soon\n', {
      attributes,
      inactive: [],
    })
    expect(rows.map((row) => row.externalId)).toEqual(['1'])
    expect(outcome).toMatchObject({ complete: false, problemCount: 1 })
    expect(outcome.problems[0]).toMatchObject({
      where: 'line 3',
      message: expect.not.stringContaining('soon'),
    })
  })

  it('counts every bad row, and keeps the first hundred of them', async () => {
    const { rows, outcome } = await read(`id,login\n${'x\n'.repeat(250)}1,a\n`, small)
    expect(rows).toHaveLength(1)
    expect(outcome).toMatchObject({ complete: false, problemCount: 250 })
    expect(outcome.problems).toHaveLength(100)
    expect(outcome.why?.message).toBe(
      `${outcome.problems[0]?.where}: 1 columns where the header has 2; 249 more could not be used`,
    )
  })

  it('reports an id that comes twice with both lines, and keeps the first', async () => {
    const { rows, outcome } = await read('id,login\n1,a\n2,b\n1,c\n', small)
    expect(rows.map((row) => row.attributes.userName)).toEqual(['a', 'b'])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'duplicate-id' } })
    expect(outcome.problems[0]).toEqual({
      where: 'line 4',
      code: 'duplicate-id',
      message: 'lines 2 and 4 have the same external id',
    })
  })

  it('stops at a quote that is followed by something: what comes after it could be misread', async () => {
    const { rows, outcome } = await read('id,login\n1,a\n2,"b" x\n3,c\n', small)
    expect(rows.map((row) => row.externalId)).toEqual(['1'])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'bad-row' } })
    expect(outcome.why?.message).toMatch(/line 3: something follows a closing quote/)
  })

  it('gives no proof where a quote never ends', async () => {
    const { rows, outcome } = await read('id,login\n1,a\n2,"b\n3,c\n', small)
    expect(rows.map((row) => row.externalId)).toEqual(['1'])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'bad-row' } })
    expect(outcome.why?.message).toMatch(/line 3: a quoted value .* never ends/)
  })

  it('names the line of a value with U+0000, and the other rows count', async () => {
    const { rows, outcome } = await read('id,login\n1,a\n2,b\0\n3,c\n', small)
    expect(rows.map((row) => row.externalId)).toEqual(['1', '3'])
    expect(outcome.problems).toEqual([
      { where: 'line 3', code: 'encoding', message: 'a value of login holds U+0000, which nothing can keep' },
    ])
  })

  it('names the line of a byte that is no UTF-8', async () => {
    const { outcome } = await read(Buffer.from('id,login\n1,a\n2,Jos\xe9\n3,c\n', 'latin1'), small)
    expect(outcome).toMatchObject({ complete: false, why: { code: 'encoding' } })
    expect(outcome.why?.message).toContain('line 3 is not UTF-8')
  })

  it('names the line of such a byte far behind the first block of the file', async () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `${index},login-${index}`).join('\n')
    const content = Buffer.concat([Buffer.from(`id,login\n${lines}\n`), Buffer.from('x,Jos\xe9\n', 'latin1')])
    const { rows, outcome } = await read(content, small)
    expect(outcome).toMatchObject({ complete: false, why: { code: 'encoding' } })
    expect(outcome.why?.message).toContain('line 40002 is not UTF-8')
    expect(rows.length).toBeGreaterThan(20_000)
  })

  it.each([
    {
      name: 'half a character of UTF-16',
      encoding: 'utf-16le',
      content: Buffer.concat([Buffer.from('\ufeffid,login\n1,a\n2,b', 'utf16le'), Buffer.from([0x41])]),
    },
    {
      name: 'UTF-16 that is read as UTF-8',
      encoding: 'utf-8',
      content: Buffer.from('\ufeffid,login\n1,a\n', 'utf16le'),
    },
  ])('names the encoding that $name does not fit', async ({ encoding, content }) => {
    const { outcome } = await read(content, { ...small, encoding })
    expect(outcome).toMatchObject({ complete: false, why: { code: 'encoding' } })
    expect(outcome.why?.message.toLowerCase()).toContain(`is not ${encoding}`)
  })

  it.each([
    { name: 'no byte', content: '', message: /no header/ },
    { name: 'a header only', content: 'id,login\n', message: /no row below its header/ },
  ])('takes a file with $name for no proof', async ({ content, message }) => {
    const { outcome } = await read(content, small)
    expect(outcome).toMatchObject({ complete: false, why: { code: 'empty' } })
    expect(outcome.why?.message).toMatch(message)
  })

  it('may be empty where the configuration says so', async () => {
    const { outcome } = await read('id,login\n', { ...small, allowEmpty: true })
    expect(outcome).toMatchObject({ complete: true, entries: 0 })
  })

  it.each([
    { name: 'grows', change: (path: string) => appendFileSync(path, '9999,late\n') },
    {
      name: 'is replaced',
      change: (path: string) => {
        writeFileSync(`${path}.new`, 'id,login\n1,other\n')
        renameSync(`${path}.new`, path)
      },
    },
    { name: 'is removed', change: (path: string) => rmSync(path) },
    { name: 'is cut off', change: (path: string) => truncateSync(path, 20_000) },
    {
      name: 'is edited in its place',
      change: (path: string) => {
        const file = openSync(path, 'r+')
        writeSync(file, 'ID', 0)
        closeSync(file)
      },
    },
  ])('gives no proof when the file $name while it is read', async ({ change }) => {
    const lines = Array.from({ length: 3000 }, (_, index) => `${index},login-${index}`)
    const path = write(`id,login\n${lines.join('\n')}\n`)
    const reading = open(path, small).readAll({ signal: new AbortController().signal })
    await reading.next()
    change(path)
    for (;;) {
      const { done, value } = await reading.next()
      if (!done) continue
      expect(value).toMatchObject({ complete: false, why: { code: 'file-changed' } })
      return
    }
  })

  it('says in a live test that there is no such file', async () => {
    const test = await open(join(folder, 'nowhere.csv')).test(new AbortController().signal)
    expect(test).toMatchObject({ ok: false, message: 'nowhere.csv: there is no such file' })
    expect((await open(folder).test(new AbortController().signal)).message).toContain('this is no file')
  })
})
