/**
 * Reads over HTTP with 100,000 people: one identity, a filtered page of 100 and /healthz, by 1, 8 and 64 callers in a
 * process of their own, in turns with the bare query through pg, the same through the same Fastify, and an empty route.
 * `npm run bench -- api [--people 100000] [--rounds 5] [--seconds 2]`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Round, Rounded } from './api/caller-process.ts'
import { startApiStack } from './api/stack.ts'
import { median, runRound, Series } from './challenges/measure.ts'

const { values } = parseArgs({
  // npm leaves the name of the bench in front.
  args: process.argv.slice(3),
  options: {
    people: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
/** Of the bare query's rate through the same Fastify. */
const bar = 0.5

const stack = await startApiStack(Number(values.people))
const callers = fork(fileURLToPath(new URL('./api/caller-process.ts', import.meta.url)), {
  execArgv: ['--import', 'tsx'],
})
const filter = encodeURIComponent('userType eq "employee" and department sw "Department 1"')
const paths = {
  'empty route': ['/empty'],
  '/healthz': ['/healthz'],
  'bare query, Fastify': stack.ids.map((id) => `/bare/${id}`),
  'GET identities/{id}': stack.ids.map((id) => `/v1/identities/${id}`),
  'filtered page of 100': [`/v1/identities?limit=100&filter=${filter}`],
} as const
type Kind = keyof typeof paths
const kinds = Object.keys(paths) as Kind[]

try {
  for (const kind of kinds) await ask(kind, 8, 1)
  for (const count of [1, 8, 64]) await measure(count)
} finally {
  callers.disconnect()
  await stack.close()
}

async function measure(count: number): Promise<void> {
  const series = new Map(kinds.map((kind) => [kind, new Series()]))
  const alone = new Series()
  for (let round = 0; round < rounds; round += 1) {
    await runRound(alone, count, count * 500, (index) =>
      stack.bare(stack.ids[index % stack.ids.length] ?? ''),
    )
    for (const [kind, times] of series) {
      const { latencies, rate, failed } = await ask(kind, count, seconds)
      for (const latency of latencies) times.latencies.push(latency)
      times.rates.push(rate)
      times.failed += failed
    }
  }
  console.log(`\n${count} caller${count === 1 ? '' : 's'}`)
  print('bare query, pg alone', alone)
  for (const [kind, times] of series) print(kind, times)
  const bare = series.get('bare query, Fastify')?.rates ?? []
  const shares = (series.get('GET identities/{id}')?.rates ?? []).map(
    (rate, round) => rate / (bare[round] ?? Number.NaN),
  )
  const share = median(shares)
  const range = `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}`
  console.log(
    `  GET identities/{id} at ${percent(share)} of the bare query's rate (${range}); to reach: ${percent(bar)}: ${share >= bar ? 'met' : 'missed'}`,
  )
}

async function ask(kind: Kind, count: number, forSeconds: number): Promise<Rounded> {
  const round: Round = {
    origin: stack.url,
    token: stack.token,
    paths: paths[kind],
    callers: count,
    seconds: forSeconds,
  }
  callers.send(round)
  const [rounded] = (await once(callers, 'message')) as [Rounded]
  return rounded
}

function print(name: string, series: Series): void {
  const [p50, p99] = [0.5, 0.99].map((share) => series.percentile(share).toFixed(1))
  const failed = series.failed === 0 ? '' : `  ${series.failed} failed`
  console.log(
    `  ${name.padEnd(24)}${`${Math.round(series.rate)}/s`.padStart(9)}   p50 ${p50}  p99 ${p99} ms${failed}`,
  )
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
