import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  endForGood,
  interrupt,
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
const place = { data: join(folder.path, 'data') }
let up: Up | undefined

afterAll(async () => {
  await endForGood(up)
  await waitUntilGone(processesOf(place))
  folder.remove()
})

/** Runs a line of the program's output as somebody would who pastes it. */
function paste(line: string | undefined) {
  return JSON.parse(execFileSync('sh', ['-c', line ?? 'false'], { encoding: 'utf8' }))
}

async function messages(): Promise<readonly { readonly to: string; readonly text: string }[]> {
  const answer = await fetch(`${readStack(place)?.outbox}/messages`)
  return ((await answer.json()) as { messages: { to: string; text: string }[] }).messages
}

describe('the embedded stack', () => {
  test('says what to paste: a challenge, its code on the outbox page, and the check', async () => {
    up = await startReady(place)
    // Ready is announced before the report is written.
    await waitFor('the report', () => up?.out().includes('Ctrl-C ends everything') === true)
    const [create, verify] = up.out().match(/^ {2}curl .*$/gm) ?? []
    const challenge = paste(create)
    expect(challenge).toMatchObject({ status: 'pending', remainingAttempts: 5 })
    await waitFor('the message', async () => (await messages()).length > 0)
    const [message] = await messages()
    const code = /\b\d{6}\b/.exec(message?.text ?? '')?.[0] ?? ''
    expect(paste(verify?.replace('/ID/', `/${challenge.id}/`).replace('CODE', code))).toMatchObject({
      status: 'passed',
      proof: 'asserted',
    })
    const who = /identities show (\S+) {3}says/.exec(up.out())?.[1] ?? ''
    const identity = await musterJson(place, ['identities', 'show', who])
    const used = identity.enrollments.find(({ lastUsed }: { lastUsed: unknown }) => lastUsed !== null)
    expect(used.lastUsed).toMatchObject({ ip: '203.0.113.7', userAgent: 'curl', client: 'demo' })
    const shown = await muster(place, 'identities', 'show', who)
    expect(shown.out).toMatch(/last used \S+ {2}demo {2}from 203\.0\.113\.7 {2}with curl/)
  })

  test('keeps its keys for its owner alone, and the same ones over a restart', async () => {
    const file = join(place.data, 'keys.json')
    const { ino, mode } = statSync(file)
    expect(mode & 0o777).toBe(0o600)
    if (up !== undefined) await interrupt(up)
    up = await startReady(place)
    expect(statSync(file).ino).toBe(ino)
    await interrupt(up)
  })
})
