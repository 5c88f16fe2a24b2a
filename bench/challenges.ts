/**
 * Challenges over HTTP on loopback: created, verified, and the whole loop with the code read from the outbox, by 1, 8
 * and 64 callers, in turns with two baselines: a committed INSERT and a committed UPDATE through pg, and an empty
 * Fastify route. PostgreSQL is the embedded one with fsync and synchronous_commit on; server, sender and callers share
 * one process, so that what the callers cost is in every number. Every limit counts, and none of them refuses.
 */
import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { HttpCaller } from './challenges/http-caller.ts'
import { median, ratioOf, runRound, Series } from './challenges/measure.ts'
import { type BenchPerson, startBenchStack } from './challenges/stack.ts'

const population = 2_000
const rounds = 5
const plan = [
  { callers: 1, count: 40 },
  { callers: 8, count: 160 },
  { callers: 64, count: 320 },
]
/** Calls of each kind in the comparison of what an untrusted client sees. */
const strangers = 1_000

const stack = await startBenchStack(population)
const portal = new HttpCaller(stack.url, stack.tokens.trusted)
const kiosk = new HttpCaller(stack.url, stack.tokens.stranger)
const pool = new Pool({ connectionString: stack.databaseUrl, max: 10 })
let turn = 0

try {
  await pool.query('create table bare (id uuid primary key, status text not null, attempts integer not null)')
  await measure(8, 80, 1, () => undefined)
  for (const { callers, count } of plan) await measure(callers, count, rounds, report)
  await compareRefusals()
} finally {
  portal.close()
  kiosk.close()
  await pool.end()
  await stack.close()
}

interface Measured {
  readonly bare: Series
  readonly route: Series
  readonly create: Series
  readonly outbox: Series
  readonly verify: Series
  readonly overHttp: Series
  readonly loop: Series
}

async function measure(
  callers: number,
  count: number,
  times: number,
  tell: (callers: number, measured: Measured) => void,
): Promise<void> {
  const [bare, route, create] = [new Series(), new Series(), new Series()]
  const [outbox, verify, overHttp, loop] = [new Series(), new Series(), new Series(), new Series()]
  for (let round = 0; round < times; round += 1) {
    await runRound(bare, callers, count, insertAndUpdate)
    await runRound(route, callers, count, async () => expectStatus(await portal.get('/empty'), 200))
    const ids: string[] = []
    await runRound(create, callers, count, async () => {
      const person = nextPerson()
      const from = performance.now()
      void stack.nextCode(person.address).then(() => outbox.latencies.push(performance.now() - from))
      ids.push(await createFor(person))
    })
    await stack.settled()
    const codes: string[] = []
    for (const id of ids) codes.push(await stack.codeOf(id))
    const half = Math.floor(ids.length / 2)
    const codeAt = (index: number) => [ids[index] ?? '', codes[index] ?? ''] as const
    await runRound(verify, callers, half, (index) => stack.verify(...codeAt(index)))
    await runRound(overHttp, callers, half, (index) => verifyCode(...codeAt(half + index)))
    await runRound(loop, callers, count, async () => {
      const person = nextPerson()
      const code = stack.nextCode(person.address)
      const id = await createFor(person)
      await verifyCode(id, await code)
    })
    await stack.settled()
  }
  tell(callers, { bare, route, create, outbox, verify, overHttp, loop })
}

function report(callers: number, { bare, route, create, outbox, verify, overHttp, loop }: Measured): void {
  console.log(`\n${callers} caller${callers === 1 ? '' : 's'}`)
  printSeries('bare INSERT + UPDATE', bare)
  printSeries('empty route', route)
  printSeries('create', create)
  printSeries('  code in the outbox', outbox)
  printSeries('verify', overHttp)
  printSeries('  use case alone', verify)
  printSeries('full loop', loop)
  console.log(
    `  verify, the use case alone, takes ${ratioOf(verify.rates, bare.rates)} times as long as bare SQL (to reach: 2.5)`,
  )
  console.log(`  create takes ${ratioOf(create.rates, bare.rates)} times as long as bare SQL`)
  if (callers === 8) {
    console.log(`  create p95 ${format(create.percentile(0.95))} ms (to reach: 50)`)
    console.log(`  code in the outbox p95 ${format(outbox.percentile(0.95))} ms (to reach: 100)`)
  }
}

function printSeries(name: string, series: Series): void {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => format(series.percentile(share)))
  const rate = series.rates.length === 0 ? '' : `${Math.round(series.rate)}/s`
  const failed = series.failed === 0 ? '' : `  ${series.failed} failed`
  console.log(`  ${name.padEnd(24)}${rate.padStart(8)}   p50 ${p50}  p95 ${p95}  p99 ${p99} ms${failed}`)
}

/** What a client that is not trusted gets for nobody, for no right and for no enrollment, in turns. */
async function compareRefusals(): Promise<void> {
  const who = {
    nobody: randomUUID(),
    'no right': stack.withoutRight,
    'no enrollment': stack.withoutEnrollment,
  }
  const series = Object.entries(who).map(([name, id]) => ({ name, id, times: new Series() }))
  const seen = new Set<string>()
  for (let at = 0; at < strangers; at += 1) {
    for (const { id, times } of series) {
      const from = performance.now()
      const { status, headers, text } = await kiosk.post('/v1/challenges', requestFor(id))
      times.latencies.push(performance.now() - from)
      seen.add(JSON.stringify([status, { ...headers, date: '' }, text]))
    }
  }
  console.log(
    `\n${strangers} refusals of each kind to a client that is not trusted: ${seen.size} different answer(s)`,
  )
  for (const { name, times } of series) printSeries(name, times)
  const medians = series.map(({ times }) => median(times.latencies))
  const spread = (Math.max(...medians) - Math.min(...medians)) / Math.min(...medians)
  console.log(`  medians differ by ${(spread * 100).toFixed(1)} %`)
}

async function insertAndUpdate(): Promise<void> {
  const id = randomUUID()
  await pool.query('insert into bare values ($1, $2, 0)', [id, 'pending'])
  await pool.query('update bare set attempts = attempts + 1, status = $2 where id = $1', [id, 'passed'])
}

/** In turn, so that no two callers ask for one person at a time. */
function nextPerson(): BenchPerson {
  const person = stack.people[turn++ % population]
  if (person === undefined) throw new Error('There is nobody.')
  return person
}

async function createFor({ id }: BenchPerson): Promise<string> {
  const answer = await portal.post('/v1/challenges', requestFor(id))
  expectStatus(answer, 201)
  return (JSON.parse(answer.text) as { readonly id: string }).id
}

async function verifyCode(id: string, code: string): Promise<void> {
  expectStatus(await portal.post(`/v1/challenges/${id}/verify`, { code }), 200)
}

function requestFor(id: string): object {
  return {
    identity: { id },
    factor: 'otp-sms',
    context: { ip: `192.0.${turn % 250}.7`, userAgent: 'bench' },
  }
}

function expectStatus(
  { status, text }: { readonly status: number; readonly text: string },
  wanted: number,
): void {
  if (status !== wanted) throw new Error(`answered ${status}: ${text}`)
}

function format(milliseconds: number): string {
  return milliseconds.toFixed(1)
}
