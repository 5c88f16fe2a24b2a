import { median, ratioOf, runRound, Series } from '../challenges/measure.ts'
import type { BareSql } from './bare-sql.ts'
import type { LoadRequest } from './load-job.ts'
import { createPerson, findPerson, setActive } from './people.ts'
import { printBar, printSeries } from './report.ts'
import { type Cost, type HttpSide, idOf, newCost } from './side.ts'

export interface Sides {
  readonly muster: HttpSide
  readonly scimmy: HttpSide
  readonly bare: BareSql
}

const kinds = ['create', 'get', 'filter', 'patch active'] as const
type Kind = (typeof kinds)[number]

interface Measured {
  readonly series: Series
  readonly cost: Cost
}
type Table = Readonly<Record<Kind, Measured>>

const newTable = (): Table =>
  Object.fromEntries(
    kinds.map((kind) => [kind, { series: new Series(), cost: newCost() }]),
  ) as unknown as Table

/** Numbers of people that nobody had yet, the same on every side. */
export class Numbers {
  #next: number

  constructor(first: number) {
    this.#next = first
  }

  take(count: number): readonly number[] {
    const first = this.#next
    this.#next += count
    return Array.from({ length: count }, (_, at) => first + at)
  }
}

/** Rounds that are not counted: a server that has run for a minute is compiled, and has its statements planned. */
const warmUps = 2

/** Create, get, filter and patch by so many clients, the three sides in turn within each round. */
export async function runRequests(
  sides: Sides,
  numbers: Numbers,
  plan: { readonly clients: number; readonly count: number; readonly rounds: number },
): Promise<void> {
  let [muster, scimmy, bare] = [newTable(), newTable(), newTable()]
  let active = true
  for (let round = -warmUps; round < plan.rounds; round += 1) {
    if (round === 0) [muster, scimmy, bare] = [newTable(), newTable(), newTable()]
    const wanted = numbers.take(plan.count)
    active = !active
    await runHttpRound(sides.scimmy, scimmy, wanted, { ...plan, active })
    await runHttpRound(sides.muster, muster, wanted, { ...plan, active })
    await runBareRound(sides.bare, bare, wanted, { ...plan, active })
  }
  report(plan.clients, muster, scimmy, bare)
}

interface Round {
  readonly clients: number
  readonly active: boolean
}

async function runHttpRound(
  side: HttpSide,
  table: Table,
  wanted: readonly number[],
  { clients, active }: Round,
): Promise<void> {
  const measure = (kind: Kind, requests: readonly LoadRequest[], keepBodies = false) =>
    side.measure(table[kind].series, table[kind].cost, requests, { clients, keepBodies })
  const bodies = await measure('create', wanted.map(createPerson), true)
  const ids = bodies.map(idOf)
  side.ids.push(...ids)
  const shuffled = scatter(side.ids, wanted.length)
  await measure(
    'get',
    shuffled.map((id) => ({ method: 'GET', path: `/Users/${id}` })),
  )
  await measure('filter', scatter(wanted, fewerOf(wanted.length)).map(findPerson))
  // The oldest people, each once a round, so that every PATCH changes something.
  await measure(
    'patch active',
    side.ids.slice(0, fewerOf(wanted.length)).map((id) => setActive(id, active)),
  )
}

async function runBareRound(
  bare: BareSql,
  table: Table,
  wanted: readonly number[],
  { clients, active }: Round,
): Promise<void> {
  const count = wanted.length
  const at = <T>(list: readonly T[], index: number): T => list[index] as T
  await runRound(table.create.series, clients, count, async (index) => {
    await bare.create(at(wanted, index))
  })
  const ids = scatter(bare.ids, count)
  await runRound(table.get.series, clients, count, (index) => bare.read(at(ids, index)))
  await runRound(table.filter.series, clients, fewerOf(count), (index) => bare.find(at(wanted, index)))
  await runRound(table['patch active'].series, clients, fewerOf(count), (index) =>
    bare.activate(at(bare.ids, index), active),
  )
}

/** Filters and changes are fewer: scimmy looks at everybody for each filter. */
function fewerOf(count: number): number {
  return Math.min(count, 240)
}

/** So many of a list, from all over it. */
function scatter<T>(list: readonly T[], count: number): readonly T[] {
  return Array.from({ length: count }, (_, at) => list[(at * 7919) % list.length] as T)
}

function report(clients: number, muster: Table, scimmy: Table, bare: Table): void {
  console.log(`\n${clients} client${clients === 1 ? '' : 's'}`)
  for (const kind of kinds) {
    console.log(`  ${kind}`)
    printSeries('Muster', muster[kind].series, muster[kind].cost)
    printSeries('scimmy in memory', scimmy[kind].series, scimmy[kind].cost)
    printSeries('bare SQL', bare[kind].series)
    const [ours, theirs] = [muster[kind].series.rates, scimmy[kind].series.rates]
    console.log(
      `    Muster makes ${ratioOf(theirs, ours)} of scimmy's rate, ${ratioOf(bare[kind].series.rates, ours)} of bare SQL's`,
    )
    const times = median(ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN)))
    // One client waits for the disk and for each way there and back: what it makes in a second is no rate.
    if (clients === 1) continue
    const who = `${clients} client${clients === 1 ? '' : 's'}`
    if (kind === 'create')
      printBar(`${who}: create no slower than scimmy in memory (${times.toFixed(2)}x)`, times >= 1)
    if (kind === 'get' || kind === 'filter') {
      const rate = Math.round(muster[kind].series.rate)
      printBar(`${who}: ${kind} 1,000/s and more (${rate}/s)`, rate >= 1000)
      printBar(`${who}: ${kind} 3x scimmy and more (${times.toFixed(2)}x)`, times >= 3)
    }
  }
}
