import { randomBytes } from 'node:crypto'
import { openDatabase } from '../../store/database.ts'
import { openStore } from '../../store/store.ts'
import { configurationOf, startScimHost } from './scim-host.ts'

/** A server process of `/scim/v2` that can be killed: `scim-program.ts DATABASE-URL`; prints its address and a token. */
const [url = ''] = process.argv.slice(2)
const database = openDatabase({
  url,
  poolSize: 4,
  applicationName: `muster-test-${randomBytes(3).toString('hex')}`,
})
const configuration = await configurationOf(
  '/muster.yaml',
  'sources:\n  hr: { type: scim, rate: { perSecond: 100000, burst: 100000 } }\n',
)
const host = await startScimHost(openStore(database), configuration)
console.log(JSON.stringify({ url: host.url, token: await host.tokenFor('hr') }))
