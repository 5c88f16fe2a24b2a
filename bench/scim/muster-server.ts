/** Muster's server in a process apart, as `muster server` runs it: the database is named by the first message. */
import { openDatabase } from '../../store/database.ts'
import { openStore } from '../../store/store.ts'
import { configurationOf, startScimHost } from '../../test/support/scim-host.ts'
import type { ServerAnswer } from './server-answer.ts'

const source = 'bench'

process.once('message', ({ databaseUrl }: { readonly databaseUrl: string }) => {
  start(databaseUrl).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})

async function start(url: string): Promise<ServerAnswer> {
  const database = openDatabase({ url, poolSize: 10, applicationName: 'muster-bench' })
  const configuration = await configurationOf(
    '/nowhere/muster.yaml',
    `sources: { ${source}: { type: scim, country: { default: DE }, rate: { perSecond: 100000, burst: 100000 } } }`,
  )
  const provider = await startScimHost(openStore(database), configuration)
  process.once('disconnect', () => {
    void provider
      .close()
      .then(() => database.destroy())
      .finally(() => process.exit(0))
  })
  return { url: provider.url, token: await provider.tokenFor(source) }
}
