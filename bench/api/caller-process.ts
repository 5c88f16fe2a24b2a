/** Callers in a process of their own, so that what they cost is not the server's: asks what it is told, and answers the times. */
import { Pool } from 'undici'

export interface Round {
  readonly origin: string
  readonly token: string
  readonly paths: readonly string[]
  readonly callers: number
  readonly seconds: number
}

export interface Rounded {
  /** Milliseconds of each call. */
  readonly latencies: readonly number[]
  readonly rate: number
  readonly failed: number
}

process.on('message', (round: Round) => {
  void callAll(round).then((rounded) => process.send?.(rounded))
})

async function callAll({ origin, token, paths, callers, seconds }: Round): Promise<Rounded> {
  const pool = new Pool(origin, { connections: callers, pipelining: 1 })
  const headers = { authorization: `Bearer ${token}` }
  const latencies: number[] = []
  let failed = 0
  let turn = 0
  const start = performance.now()
  const end = start + seconds * 1000
  const call = async () => {
    for (let from = start; from < end; ) {
      const path = paths[turn++ % paths.length] ?? '/'
      const { statusCode, body } = await pool.request({ path, method: 'GET', headers })
      await body.arrayBuffer()
      const now = performance.now()
      if (statusCode === 200) latencies.push(now - from)
      else failed += 1
      from = now
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const took = performance.now() - start
  await pool.close()
  return { latencies, rate: (latencies.length * 1000) / took, failed }
}
