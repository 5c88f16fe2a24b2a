/** A baseline in a process apart: scimmy-routers on express, resources in memory, user names looked up in a Map. */
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express from 'express'
import SCIMMY from 'scimmy'
import { SCIMMYRouters } from 'scimmy-routers'
import type { ServerAnswer } from './server-answer.ts'

type Stored = Record<string, unknown> & { id: string }

declareResource(SCIMMY.Resources.User as never, 'userName')
declareResource(SCIMMY.Resources.Group as never, 'displayName')

const app = express()
app.use('/scim', new SCIMMYRouters({ type: 'bearer', handler: () => 'bench' }) as unknown as express.Handler)
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const answer: ServerAnswer = { url: `http://127.0.0.1:${port}/scim`, token: 'bench' }
  process.on('message', () => process.send?.(answer))
})
process.on('disconnect', () => process.exit(0))

interface StoredFilter {
  match(resources: readonly Stored[]): readonly Stored[]
}

interface Declared {
  ingress(handler: (resource: { id?: string }, instance: object) => object): Declared
  egress(handler: (resource: { id?: string; filter?: StoredFilter }) => unknown): Declared
  degress(handler: (resource: { id?: string }) => void): Declared
}

/** The handlers that an application writes for itself, as cheap as they can be. */
function declareResource(type: { name: string }, unique: string): void {
  const stored = new Map<string, Stored>()
  const names = new Map<string, string>()
  const declared = SCIMMY.Resources.declare(type as never) as unknown as Declared
  declared
    .ingress(({ id = randomUUID() }, instance) => {
      const resource = structuredCloneOf(instance, id)
      const key = String(resource[unique]).toLowerCase()
      const owner = names.get(key)
      if (owner !== undefined && owner !== id) throw new SCIMMY.Types.Error(409, 'uniqueness', 'It is taken.')
      const before = stored.get(id)
      if (before !== undefined) names.delete(String(before[unique]).toLowerCase())
      const created = (before?.['meta'] as { created?: Date } | undefined)?.created ?? new Date()
      resource['meta'] = { created, lastModified: new Date() }
      stored.set(id, resource)
      names.set(key, id)
      return resource
    })
    .egress(({ id, filter }) => {
      const all = () => [...stored.values()]
      // As its documentation does it: the library's own evaluator, over everybody.
      if (id === undefined) return filter === undefined ? all() : filter.match(all())
      const found = stored.get(id)
      if (found === undefined) throw new SCIMMY.Types.Error(404, null as never, `${type.name} is not there.`)
      return found
    })
    .degress(({ id = '' }) => {
      names.delete(String(stored.get(id)?.[unique]).toLowerCase())
      stored.delete(id)
    })
}

function structuredCloneOf(instance: object, id: string): Stored {
  return { ...(JSON.parse(JSON.stringify(instance)) as object), id }
}
