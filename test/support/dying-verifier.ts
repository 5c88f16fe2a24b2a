import { randomBytes } from 'node:crypto'
import { verifyCode } from '../../application/challenges/verify-code.ts'
import { openDatabase } from '../../store/database.ts'
import { openTestChallenges } from './challenge-world.ts'

/**
 * A server process that dies between counting a try and comparing the code: `dying-verifier.ts URL CHALLENGE CODE`.
 * The key is asked for after the count is committed; whoever asks here is killed.
 */
const [url = '', challengeId = '', code = ''] = process.argv.slice(2)
const database = openDatabase({ url, poolSize: 2, applicationName: 'muster-test' })
const keys = {
  active: 'k1',
  key: (): Buffer => {
    process.kill(process.pid, 'SIGKILL')
    return randomBytes(32)
  },
}
const { world } = openTestChallenges(database, { keys })
await verifyCode(world, { client: 'portal', challengeId, code })
