import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkPolicySet } from '../../policies/load/check-policy-set.ts'
import { loadPolicyFolder } from '../../policies/load/load-policy-folder.ts'

const options = { customAttributes: {} }
const defaults = new URL('../../policies/documents', import.meta.url).pathname

describe('loadPolicyFolder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-policies-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('finds no fault in the default policy set', async () => {
    const loaded = await loadPolicyFolder(defaults, options)
    expect(loaded).toMatchObject({ ok: true })
    const files = (await readdir(defaults)).filter((name) => name.endsWith('.json'))
    expect(loaded.ok && loaded.documents.length).toBe(files.length)
  })

  it('finds no fault in the examples of the documentation', async () => {
    const page = await readFile(new URL('../../docs/policies.md', import.meta.url), 'utf8')
    const examples = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '')
    expect(examples).toHaveLength(3)
    const files = examples.map((text, index) => ({ file: `example ${index}`, text }))
    expect(checkPolicySet(files, [], options)).toMatchObject({ ok: true })
  })

  it('reports faults of policies and of named conditions with the names of their files', async () => {
    await cp(defaults, folder, { recursive: true })
    await writeFile(join(folder, 'broken.json'), '{ "id": }')
    await writeFile(join(folder, 'latin.json'), Buffer.from([0x22, 0xe9, 0x22]))
    await writeFile(join(folder, 'notes.txt'), 'not a policy')
    await writeFile(join(folder, 'conditions', 'more.json'), '{ "id": "more", "conditions": { "any": [] } }')
    const loaded = await loadPolicyFolder(folder, options)
    expect(loaded.ok).toBe(false)
    expect(!loaded.ok && loaded.faults.map(({ file, code, line }) => [file, code, line])).toEqual([
      [join(folder, 'latin.json'), 'not-json', 1],
      [join(folder, 'broken.json'), 'not-json', 1],
      [join(folder, 'conditions', 'more.json'), 'unreachable-condition', 1],
    ])
  })

  it('refuses a folder that is not there or holds no policy', async () => {
    const missing = await loadPolicyFolder(join(folder, 'missing'), options)
    expect(missing).toMatchObject({
      ok: false,
      faults: [{ code: 'unreadable', message: expect.stringContaining('ENOENT') }],
    })
    await mkdir(join(folder, 'conditions'))
    expect(await loadPolicyFolder(folder, options)).toMatchObject({
      ok: false,
      faults: [{ code: 'no-policies' }],
    })
  })
})
