import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfiguration } from '../../config/load-configuration.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const ring = JSON.stringify({
  active: 'k1',
  keys: { k1: 'zXz7yTQmKsH3Zr0a2c5uWl1nB8pEo9gJvD4fYqIxMhU=' },
})
const text = `mode: production
database: { url: { file: secrets/url } }
temporal: { address: "t:7233" }
policies: policies
keys: { ring: { env: KEY_RING } }
factors: { allowed.auth.factors: [], allowed.reg.factors: [] }
sources:
  hr: { type: csv, file: ../hr.csv, externalId: id, attributes: { userName: login } }
`

async function load(name: string, content: string | Uint8Array) {
  await mkdir(join(folder, name, 'secrets'), { recursive: true })
  await writeFile(join(folder, name, 'muster.yaml'), content)
  return async (env = { KEY_RING: ring }) =>
    loadConfiguration({ file: join(folder, name, 'muster.yaml'), env })
}

async function firstFault(load: ReturnType<typeof loadConfiguration>) {
  const result = await load
  return result.ok ? null : result.faults[0]
}

it('reads a secret from a file, cuts its newline, and takes paths from the folder of the file', async () => {
  const again = await load('good', text)
  await writeFile(join(folder, 'good/secrets/url'), 'postgres://u:p@h/d\n')
  const result = await again()
  if (!result.ok) throw new Error(result.faults[0]?.message)
  expect(result.configuration.database?.url.reveal()).toBe('postgres://u:p@h/d')
  expect(result.configuration.policies).toBe(join(folder, 'good/policies'))
  expect(result.configuration.sources['hr']?.settings.reveal()).toMatchObject({
    file: join(folder, 'hr.csv'),
  })
})

it('names the file of a secret that does not exist, that is empty, or that is a folder', async () => {
  const again = await load('secretless', text)
  const file = join(folder, 'secretless/secrets/url')
  const fault = { path: 'database.url.file', line: 2, column: 26, code: 'missing-secret' }
  const sentence = `The file ${file}, which holds this secret,`
  expect(await firstFault(again())).toMatchObject({
    ...fault,
    message: `${sentence} cannot be read: it does not exist.`,
  })
  await writeFile(file, '\n')
  expect(await firstFault(again())).toMatchObject({ ...fault, message: `${sentence} is empty.` })
  await writeFile(file, 'x'.repeat(65 * 1024))
  expect(await firstFault(again())).toMatchObject({ ...fault, message: `${sentence} is larger than 64 KiB.` })
  await rm(file)
  await mkdir(file)
  expect(await firstFault(again())).toMatchObject({
    ...fault,
    message: `${sentence} cannot be read: it is a folder.`,
  })
})

it('leaves the files of secrets alone where it is told to', async () => {
  await load('unread', text)
  const file = join(folder, 'unread/muster.yaml')
  expect((await loadConfiguration({ file, env: { KEY_RING: ring }, readSecretFiles: false })).ok).toBe(true)
})

it('says why the configuration file itself cannot be read', async () => {
  const file = join(folder, 'nowhere.yaml')
  expect(await loadConfiguration({ file, env: {} })).toEqual({
    ok: false,
    faults: [
      {
        file,
        line: null,
        column: null,
        path: '',
        code: 'unreadable-file',
        message: 'The configuration file cannot be read: it does not exist.',
      },
    ],
  })
  const latin = await load('latin', Uint8Array.from([0x23, 0x20, 0xfc, 0x0a]))
  expect(await firstFault(latin())).toMatchObject({
    message: 'The configuration file cannot be read: it is not UTF-8.',
  })
  const big = await load('big', `#${'x'.repeat(1024 * 1024)}\n`)
  expect(await firstFault(big())).toMatchObject({
    code: 'too-large',
    message: 'The configuration file is larger than 1 MiB.',
  })
})

it.skipIf(process.getuid?.() === 0)('says that it may not read the file', async () => {
  const closed = await load('closed', text)
  await chmod(join(folder, 'closed/muster.yaml'), 0)
  expect(await firstFault(closed())).toMatchObject({
    message: 'The configuration file cannot be read: permission denied.',
  })
})
