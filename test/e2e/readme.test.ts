import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeFolder, musterJson, readStack, waitFor } from './muster-program.ts'

/** One fenced block, and the last file in backticks that the prose before it names. */
interface Block {
  readonly language: string
  readonly text: string
  readonly file: string | null
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const blocks = readBlocks(readme)
const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'))
  .map((line) => line.trim())
  .filter((line) => line !== '' && !line.startsWith('#'))

// A clone in which nobody has worked yet: the commands of the page run as they stand, on their default places.
const folder = makeFolder()
const place = { data: join(folder.path, '.muster') }
const exports: string[] = []
let start: ChildProcess | undefined
let started = ''
let lastOutput = ''

beforeAll(async () => {
  // `test` stays outside: whatever the page does happens in the folder.
  for (const name of ['package.json', 'dist', 'node_modules', 'policies', 'samples', 'scripts']) {
    symlinkSync(join(ROOT, name), join(folder.path, name))
  }
  for (const { file, text } of ownFiles()) {
    const path = join(folder.path, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
  }
  const child = spawn('sh', ['-c', 'npm start'], {
    cwd: folder.path,
    env: environment(),
    // A group of its own, so that a failed test leaves nothing behind.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  start = child
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      started += chunk.toString('utf8')
    })
  }
  await waitFor(
    'npm start to be ready',
    () => {
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${started}`)
      return readStack(place) !== null && started.includes('Ready after')
    },
    150_000,
  )
})

afterAll(async () => {
  if (start?.pid !== undefined && start.exitCode === null) {
    const ended = once(start, 'close')
    process.kill(-start.pid, 'SIGKILL')
    await ended
  }
  folder.remove()
})

describe('the README', () => {
  test('installs and starts with its first two commands, and says nothing else about them', () => {
    expect(commands.slice(0, 2)).toEqual(['npm ci', 'npm start'])
    expect(commands.slice(2).filter((command) => /^npm\b/.test(command))).toEqual([])
  })

  test('shows what npm start prints, line by line', () => {
    const shown = blocks.find(({ language, text }) => language === 'text' && text.includes('Ready after'))
    const printed = started.split('\n')
    // Counts and times differ from day to day; what a line is about does not.
    const heads = (shown?.text.split('\n') ?? []).map((line) => line.split(/[:\d]/)[0] ?? '')
    expect(heads.length).toBeGreaterThan(5)
    expect(heads.filter((head) => !printed.some((line) => line.startsWith(head)))).toEqual([])
  })

  test.each(commands.slice(2))('%s', async (command) => {
    if (command.startsWith('export ')) {
      exports.push(command)
      return
    }
    const { exitCode, output } = await run(await fillIn(command))
    expect(exitCode, output).toBe(0)
    lastOutput = output
  })

  test('shows a configuration that muster check accepts, with the policies beside it', async () => {
    const shown = ownFiles().map(({ file }) => file)
    const configuration = shown.find((file) => file.endsWith('.yaml')) ?? ''
    expect(shown.filter((file) => file.startsWith(`${dirname(configuration)}/policies/`))).not.toEqual([])
    const { exitCode, output } = await run(`npx muster check --json --config ${configuration}`)
    expect(exitCode, output).toBe(0)
    expect(JSON.parse(output)).toEqual({ ok: true, faults: [] })
  })

  test('shows the files with which a directory of somebody else is read in the tests, word by word', () => {
    for (const { file, text } of ownFiles()) {
      const kept = join(ROOT, 'test/e2e/own-directory', file.split('/').slice(1).join('/'))
      expect(`${text}\n`, file).toBe(readFileSync(kept, 'utf8'))
    }
  })

  test('shows policies that are in the default set, word by word', () => {
    const documents = readdirSync(join(ROOT, 'policies/documents'))
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFileSync(join(ROOT, 'policies/documents', name), 'utf8'))
    const shown = blocks.filter(({ language, file }) => language === 'json' && !isOwn(file))
    expect(shown).not.toEqual([])
    for (const { text } of shown) expect(documents).toContain(`${text}\n`)
  })

  test('ends everything with one Ctrl-C', async () => {
    const stack = readStack(place)
    if (stack === null || start === undefined) throw new Error('The stack is gone already.')
    const ended = once(start, 'close')
    process.kill(stack.pid, 'SIGINT')
    await ended
    expect(start.exitCode, started).toBe(0)
    expect(existsSync(join(place.data, 'run.json'))).toBe(false)
  })
})

function readBlocks(markdown: string): readonly Block[] {
  let end = 0
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)].map((found) => {
    const before = markdown.slice(end, found.index)
    end = found.index + found[0].length
    const file = [...before.matchAll(/`([\w./-]+\/[\w.-]+\.(?:yaml|json))`/g)].at(-1)?.[1] ?? null
    return { language: found[1] ?? '', text: found[2] ?? '', file }
  })
}

/** What the page tells the reader to write. */
function ownFiles(): readonly (Block & { readonly file: string })[] {
  return blocks.flatMap((block) => {
    const { file, language } = block
    return file !== null && isOwn(file) && language !== 'sh' ? [{ ...block, file }] : []
  })
}

function isOwn(file: string | null): boolean {
  return file?.startsWith('my-directory/') === true
}

/** `RUN` on the page is the run that the command before has named; by then a person sees what became of it. */
async function fillIn(command: string): Promise<string> {
  if (!/\bRUN\b/.test(command)) return command
  const [, id] = /\b(?:runs show|run) ([0-9a-f-]{36})/.exec(lastOutput) ?? []
  if (id === undefined) throw new Error(`No run is named in:\n${lastOutput}`)
  await waitFor('the run to come to rest', async () => {
    const { status } = await musterJson(place, ['runs', 'show', id])
    return status !== 'running'
  })
  return command.replace(/\bRUN\b/, id)
}

async function run(command: string) {
  const child = spawn('sh', ['-c', [...exports, command].join('\n')], {
    cwd: folder.path,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
    })
  }
  await once(child, 'close')
  return { exitCode: child.exitCode, output }
}

/** npx keeps a link to the package in npm's cache: here in the folder, which is removed. */
function environment(): NodeJS.ProcessEnv {
  const { MUSTER_CONFIG: _, ...own } = process.env
  return { ...own, npm_config_cache: join(folder.path, '.npm'), npm_config_update_notifier: 'false' }
}
