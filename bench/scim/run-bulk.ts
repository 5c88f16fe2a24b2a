import { bulkOf } from './people.ts'
import { formatMs, printBar } from './report.ts'
import type { Numbers } from './run-requests.ts'
import type { HttpSide } from './side.ts'

/** Operations in one request, of the 1,000 that are allowed. */
const inOne = 500
/** Requests that are handed to the load generator at a time, so that their texts never pile up. */
const handedOver = 8
const clients = 2

/** Loads so many people by /Bulk; answers the ids of those whose answers were kept. */
export async function runBulk(
  side: HttpSide,
  numbers: Numbers,
  people: number,
  { isBar = false } = {},
): Promise<void> {
  const latencies: number[] = []
  let [sent, milliseconds, cpu] = [0, 0, 0]
  while (sent < people) {
    const requests = Array.from({ length: Math.min(handedOver, Math.ceil((people - sent) / inOne)) }, () =>
      bulkOf(numbers.take(inOne)),
    )
    const result = await side.send(requests, { clients, keepBodies: true })
    for (const body of result.bodies) side.ids.push(...idsOf(body))
    sent += requests.length * inOne
    milliseconds += result.totalMilliseconds
    cpu += result.cpuMilliseconds
    latencies.push(...result.milliseconds)
  }
  const rate = (sent * 1000) / milliseconds
  const slowest = Math.max(...latencies)
  console.log(
    `\nBulk: ${sent.toLocaleString('en')} people in requests of ${inOne} by ${clients} clients: ${Math.round(rate)}/s, ` +
      `slowest request ${formatMs(slowest)} ms, load ${formatMs(cpu / sent)} ms of CPU a person`,
  )
  if (isBar) printBar(`bulk 1,000 users/s and more (${Math.round(rate)}/s)`, rate >= 1000)
}

function idsOf(body: string): readonly string[] {
  const { Operations } = JSON.parse(body) as {
    readonly Operations: readonly { readonly status: string; readonly location?: string }[]
  }
  return Operations.map(({ status, location = '' }) => {
    if (status !== '201') throw new Error(`An operation of a bulk request was answered ${status}.`)
    return location.slice(location.lastIndexOf('/') + 1)
  })
}
