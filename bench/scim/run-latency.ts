import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { findRunningStack } from '../../embedded/data-directory.ts'
import { Series } from '../challenges/measure.ts'
import { startProgram } from './child-process.ts'
import { createPerson } from './people.ts'
import { formatMs, printBar, printSeries } from './report.ts'
import type { ServerAnswer } from './server-answer.ts'
import { type Generator, HttpSide, idOf } from './side.ts'

const perSecond = 25
/** The first pushes wake the worker and are not counted. */
const warmUp = 50

/** From the answer of a push to the commit that writes its enrollment, in the whole embedded stack. */
export async function runLatency(generator: Generator, folder: string, seconds: number): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const stack = startProgram<object, ServerAnswer>('stack')
  try {
    const at = await stack.ask({ folder })
    const running = findRunningStack(join(folder, 'data'))
    if (running === null) throw new Error('The stack did not say where it runs.')
    const client = new Client({ connectionString: running.postgres })
    await client.connect()
    try {
      const side = new HttpSide(stack, at, generator, () => Number.NaN)
      await measure(side, client, seconds)
    } finally {
      await client.end()
    }
  } finally {
    await stack.close()
  }
}

async function measure(side: HttpSide, client: Client, seconds: number): Promise<void> {
  // A notice is sent when its transaction has committed, so its arrival is no earlier than the commit.
  await client.query(`
    create function tell_enrollment() returns trigger language plpgsql as $$
    begin
      perform pg_notify('enrolled', new.identity_id::text);
      return null;
    end $$;
    create trigger bench_enrolled after insert on enrollments for each row execute function tell_enrollment();
    listen enrolled`)
  const enrolledAt = new Map<string, number>()
  client.on('notification', ({ payload = '' }) =>
    enrolledAt.set(payload, performance.timeOrigin + performance.now()),
  )
  const count = warmUp + perSecond * seconds
  const result = await side.send(
    Array.from({ length: count }, (_, number) => createPerson(number)),
    { clients: 16, keepBodies: true, perSecond },
  )
  const identities = await identityOf(client, result.bodies.map(idOf))
  const deadline = performance.now() + 30_000
  while (enrolledAt.size < count && performance.now() < deadline) await client.query('select pg_sleep(0.1)')
  const latency = new Series()
  const answer = new Series()
  for (const [index, body] of result.bodies.entries()) {
    if (index < warmUp) continue
    const enrolled = enrolledAt.get(identities.get(idOf(body)) ?? '')
    if (enrolled === undefined) latency.failed += 1
    // A drain may be quicker than the answer's way back.
    else latency.latencies.push(Math.max(0, enrolled - (result.answeredAt[index] ?? Number.NaN)))
    answer.latencies.push(result.milliseconds[index] ?? Number.NaN)
  }
  latency.rates.push(perSecond)
  answer.rates.push(perSecond)
  console.log(`\n${perSecond} pushes a second for ${seconds} s, the whole embedded stack`)
  printSeries('push answered', answer)
  printSeries('enrollment written', latency)
  const p95 = latency.percentile(0.95)
  printBar(
    `from an answered push to the enrollment: p95 ${formatMs(p95)} ms of 1,000, ${latency.failed} not seen`,
    p95 < 1000 && latency.failed === 0,
  )
}

async function identityOf(client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ id: string; identity: string }>(
    'select id, identity_id as identity from source_records where id = any($1::uuid[])',
    [ids],
  )
  return new Map(rows.map(({ id, identity }) => [id, identity]))
}
