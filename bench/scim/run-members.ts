import { runRound, Series } from '../challenges/measure.ts'
import type { LoadRequest } from './load-job.ts'
import { addMembers, createGroup, removeMembers } from './people.ts'
import { formatMs, printBar, printSeries } from './report.ts'
import type { Sides } from './run-requests.ts'
import { type Cost, type HttpSide, newCost } from './side.ts'

const sizes = [0, 1_000, 10_000]
/** What Okta puts into one PATCH. */
const atOnce = 256
/** scimmy's time grows with the group; ten thousand would take minutes to fill. */
const scimmyUpTo = 1_000

interface Measured {
  readonly series: Series
  readonly cost: Cost
}

/** 256 members into groups of several sizes, and one into the largest; what was added is taken out again. */
export async function runMembers(sides: Sides, rounds: number): Promise<void> {
  console.log(`\n${atOnce} members in one PATCH`)
  const medians: number[] = []
  for (const size of sizes) {
    const [muster, scimmy, bare] = [measured(), measured(), new Series()]
    const groups = {
      muster: await fill(sides.muster, size),
      scimmy: size <= scimmyUpTo ? await fill(sides.scimmy, size) : null,
      bare: await sides.bare.group(),
    }
    for (const ids of piecesOf(sides.bare.ids.slice(0, size))) await sides.bare.addMembers(groups.bare, ids)
    for (let round = 0; round < rounds; round += 1) {
      if (groups.scimmy !== null) await addAndRemove(sides.scimmy, scimmy, groups.scimmy, size, atOnce)
      await addAndRemove(sides.muster, muster, groups.muster, size, atOnce)
      const added = sides.bare.ids.slice(size, size + atOnce)
      await runRound(bare, 1, 1, () => sides.bare.addMembers(groups.bare, added))
      await sides.bare.removeMembers(groups.bare, added)
    }
    console.log(`  into a group of ${size.toLocaleString('en')}`)
    printSeries('Muster', muster.series, muster.cost)
    if (groups.scimmy !== null) printSeries('scimmy in memory', scimmy.series, scimmy.cost)
    printSeries('bare SQL', bare)
    const p50 = muster.series.percentile(0.5)
    medians.push(p50)
    printBar(`${atOnce} members into ${size.toLocaleString('en')}: p50 ${formatMs(p50)} ms of 50`, p50 <= 50)
    if (size === sizes.at(-1)) await addOne(sides.muster, groups.muster, size, rounds)
  }
  const growth = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN)
  printBar(`flat up to 10,000: ${growth.toFixed(2)}x the time of an empty group (1.5 allowed)`, growth <= 1.5)
}

const measured = (): Measured => ({ series: new Series(), cost: newCost() })

async function addOne(side: HttpSide, group: string, size: number, rounds: number): Promise<void> {
  const one = measured()
  for (let round = 0; round < rounds * 2; round += 1) await addAndRemove(side, one, group, size + round, 1)
  console.log(`  one member into ${size.toLocaleString('en')}`)
  printSeries('Muster', one.series, one.cost)
}

async function fill(side: HttpSide, size: number): Promise<string> {
  const [group = ''] = await createOnly(side, createGroup(`group-${size}-${Math.random()}`))
  for (const ids of piecesOf(side.ids.slice(0, size))) await side.send([addMembers(group, ids)])
  return group
}

async function createOnly(side: HttpSide, request: LoadRequest): Promise<readonly string[]> {
  const { bodies } = await side.send([request], { keepBodies: true })
  return bodies.map((body) => (JSON.parse(body) as { readonly id: string }).id)
}

async function addAndRemove(
  side: HttpSide,
  { series, cost }: Measured,
  group: string,
  from: number,
  count: number,
): Promise<void> {
  const ids = side.ids.slice(from, from + count)
  if (ids.length < count) throw new Error('There are not enough people for this group.')
  await side.measure(series, cost, [addMembers(group, ids)], { clients: 1 })
  await side.send([removeMembers(group, ids)])
}

function* piecesOf(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += atOnce) yield ids.slice(at, at + atOnce)
}
