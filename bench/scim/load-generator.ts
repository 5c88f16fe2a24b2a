/** A process apart that makes the load, so that its cost is its own and can be told: undici, connections kept. */
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import type { LoadJob, LoadResult } from './load-job.ts'

process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})

async function run({ url, token, clients, perSecond, requests, keepBodies }: LoadJob): Promise<LoadResult> {
  const target = new URL(url)
  const prefix = target.pathname.replace(/\/$/, '')
  const pool = new Pool(target.origin, { connections: clients, pipelining: 1, bodyTimeout: 0 })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' }
  const milliseconds = new Array<number>(requests.length)
  const statuses = new Array<number>(requests.length)
  const answeredAt = new Array<number>(requests.length)
  const bodies: string[] = []
  const send = async (index: number) => {
    const request = requests[index]
    if (request === undefined) return
    const from = performance.now()
    const { method, path, body } = request
    const answer = await pool.request({ method, path: prefix + path, headers, body: body ?? null })
    if (keepBodies) bodies[index] = await answer.body.text()
    else await answer.body.dump({ limit: 16 * 1024 * 1024 })
    const now = performance.now()
    milliseconds[index] = now - from
    statuses[index] = answer.statusCode
    answeredAt[index] = performance.timeOrigin + now
  }
  const cpu = process.cpuUsage()
  const start = performance.now()
  if (perSecond === null) {
    let next = 0
    const work = async () => {
      while (next < requests.length) await send(next++)
    }
    await Promise.all(Array.from({ length: clients }, work))
  } else {
    const sent: Promise<void>[] = []
    for (let index = 0; index < requests.length; index += 1) {
      const wait = start + (index * 1000) / perSecond - performance.now()
      if (wait > 0) await delay(wait)
      sent.push(send(index))
    }
    await Promise.all(sent)
  }
  const totalMilliseconds = performance.now() - start
  const used = process.cpuUsage(cpu)
  await pool.close()
  const cpuMilliseconds = (used.user + used.system) / 1000
  return { milliseconds, statuses, answeredAt, bodies, totalMilliseconds, cpuMilliseconds }
}
