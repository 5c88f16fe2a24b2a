/**
 * A directory read, decided and applied, beside ldapsearch reading the same attributes of the same slapd, in turns:
 * first load, nothing changed, one in a hundred changed; and how each grows.
 * `npm run bench -- reconcile [--people 100000] [--rounds 3] [--growth 10000,100000,300000]`.
 */
import { parseArgs } from 'node:util'
import { median } from './challenges/measure.ts'
import { BenchWorld, changeSome, type Measured, searchOnce } from './reconcile/world.ts'

const { values } = parseArgs({
  // npm leaves the name of the bench in front.
  args: process.argv.slice(3),
  options: {
    people: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    growth: { type: 'string', default: '' },
  },
})

const bars = { 'first load': 12, unchanged: 1.5, '1 % changed': 2 } as const
type Kind = keyof typeof bars
const peakBar = 400

interface Round {
  readonly search: number
  readonly measured: Measured
}

const world = await BenchWorld.open()
try {
  await measure(Number(values.people), Number(values.rounds))
  for (const people of values.growth.split(',').filter(Boolean)) await measure(Number(people), 1)
} finally {
  await world.close()
}

async function measure(people: number, rounds: number): Promise<void> {
  const directory = await world.startDirectory(people)
  const results: Record<Kind, Round[]> = { 'first load': [], unchanged: [], '1 % changed': [] }
  try {
    for (let round = 0; round < rounds; round += 1) {
      const muster = await world.install(directory)
      try {
        // Once unseen: the directory's pages come into memory.
        searchOnce(directory)
        results['first load'].push({ search: searchOnce(directory), measured: await muster.reconcile() })
        await muster.settle()
        for (let turn = 0; turn < 3; turn += 1) {
          results.unchanged.push({ search: searchOnce(directory), measured: await muster.reconcile() })
          changeSome(directory, people, round * 3 + turn + 1)
          results['1 % changed'].push({ search: searchOnce(directory), measured: await muster.reconcile() })
        }
      } finally {
        await muster.close()
      }
    }
    for (const [kind, of] of Object.entries(results)) report(people, kind as Kind, of)
  } finally {
    await directory.close()
  }
}

function report(people: number, kind: Kind, rounds: readonly Round[]): void {
  const of = (pick: (measured: Measured) => number) => median(rounds.map(({ measured }) => pick(measured)))
  const ratios = rounds.map(({ search, measured }) => measured.wall / search)
  const ratio = median(ratios)
  const peak = Math.max(...rounds.map(({ measured }) => measured.workerPeak))
  const wall = of(({ wall }) => wall)
  const last = rounds.at(-1)?.measured.run
  console.log(`${people} people, ${kind}: ${ratio.toFixed(2)} x ldapsearch (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), to reach ${bars[kind]}: ${ratio <= bars[kind] ? 'met' : 'MISSED'}
  ${wall.toFixed(2)} s against ${median(rounds.map(({ search }) => search)).toFixed(2)} s; ${(people / wall).toFixed(0)} entries/s
  CPU: worker ${of((one) => one.workerCpu).toFixed(2)} s, PostgreSQL ${of((one) => one.postgresCpu).toFixed(2)} s, slapd ${of((one) => one.directoryCpu).toFixed(2)} s; the worker held ${peak.toFixed(0)} MB at most (to stay under ${peakBar}: ${peak < peakBar ? 'met' : 'MISSED'})
  last run: ${JSON.stringify(last?.seconds)} ${JSON.stringify(last?.records)} ${JSON.stringify(last?.effects)}`)
}
