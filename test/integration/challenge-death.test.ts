import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createChallenge } from '../../application/challenges/create-challenge.ts'
import { verifyCode } from '../../application/challenges/verify-code.ts'
import { openTestChallenges, smsChallenge, type TestChallenges } from '../support/challenge-world.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let test: TestDatabase
let challenges: TestChallenges

beforeAll(async () => {
  test = await createTestDatabase()
  challenges = openTestChallenges(test.database)
})
afterAll(() => test.close())

const program = fileURLToPath(new URL('../support/dying-verifier.ts', import.meta.url))

it('a process that is killed between counting and comparing leaves the try counted and the code good', async () => {
  const person = await challenges.person()
  const { id } = await createChallenge(challenges.world, smsChallenge(person.id))
  const code = await challenges.codeOf(id)
  const child = spawn(process.execPath, ['--import', 'tsx', program, test.url, id, code], { stdio: 'ignore' })
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
  expect(await challenges.row(id)).toMatchObject({ status: 'pending', attempts: 1 })
  const [enrollment] = await test.database('enrollments').where({ identity_id: person.id })
  expect(enrollment.failures).toBe(1)
  const passed = await verifyCode(challenges.world, { client: 'portal', challengeId: id, code })
  expect(passed.status).toBe('passed')
  expect(await challenges.row(id)).toMatchObject({ status: 'passed', attempts: 2, nonce: null })
})
