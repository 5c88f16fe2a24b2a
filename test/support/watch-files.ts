import { readFileSync } from 'node:fs'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'

/** What Prometheus adds to every series by itself. */
const addedLabels: ReadonlySet<string> = new Set(['instance', 'job', 'le', '__name__'])

export interface WatchFindings {
  /** How many were looked at. */
  readonly expressions: number
  /** One sentence each. */
  readonly faults: readonly string[]
}

/**
 * Temporal's SDK tells of a metric when it first happens. What did not happen here must at least be a name that the
 * core of the SDK holds.
 */
function isOfTemporal(name: string): boolean {
  const [, bare = ''] = /^temporal_(\w+?)(?:_bucket|_count|_sum)?$/.exec(name) ?? []
  return bare !== '' && readCore().includes(bare)
}

let core: Buffer | null = null

function readCore(): Buffer {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string]
  const system = { linux: 'unknown-linux-gnu', darwin: 'apple-darwin' }[process.platform as string]
  const folder = new URL('../../node_modules/@temporalio/core-bridge/releases/', import.meta.url)
  core ??= readFileSync(new URL(`${machine}-${system}/index.node`, folder))
  return core
}

/** Compares the expressions of `deploy/alerts.yaml` and `deploy/dashboard.json` with what /metrics answered. */
export function readWatchFiles(exposed: string): WatchFindings {
  const known = metricsIn(exposed)
  const all = [...readAlerts(), ...readPanels()]
  const faults = all.flatMap(({ where, expression }) =>
    checkExpression(expression, known).map((fault) => `${where}: ${fault}`),
  )
  return { expressions: all.length, faults }
}

interface Expression {
  readonly where: string
  readonly expression: string
}

interface AlertRule {
  readonly alert: string
  readonly expr: string
}

/** The names of the alerts, as docs/operations.md explains them. */
export function readAlerts(): readonly Expression[] {
  const { groups }: { groups: { rules: AlertRule[] }[] } = parse(readFile('deploy/alerts.yaml'))
  return groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ where: alert, expression: expr })))
}

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] }
}

function readPanels(): readonly Expression[] {
  const { panels }: Dashboard = JSON.parse(readFile('deploy/dashboard.json'))
  return panels.flatMap(({ title, targets = [] }) =>
    // Grafana puts the interval in before it asks.
    targets.map(({ expr }) => ({ where: title, expression: expr.replaceAll('$__rate_interval', '5m') })),
  )
}

function readFile(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

/** Names of metrics with the labels that their series had; null where the metric had no series yet. */
type KnownMetrics = ReadonlyMap<string, ReadonlySet<string> | null>

function metricsIn(exposed: string): KnownMetrics {
  const known = new Map<string, Set<string> | null>()
  for (const line of exposed.split('\n')) {
    const declared = /^# TYPE (\S+) (\S+)/.exec(line)
    if (declared !== null) {
      const [, name = '', type] = declared
      const names = type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => name + end) : [name]
      for (const one of names) known.set(one, known.get(one) ?? null)
    }
    const [, name = '', labels = ''] = /^([a-z_]\w*)(?:\{(.*)\})? /.exec(line) ?? []
    if (name === '') continue
    const seen = known.get(name) ?? new Set()
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) seen.add(label)
    known.set(name, seen)
  }
  return known
}

function checkExpression(expression: string, known: KnownMetrics): readonly string[] {
  const faults: string[] = []
  const names: string[] = []
  const labels: string[] = []
  parser.parse(expression).iterate({
    enter: ({ type, from, to, node }) => {
      const text = expression.slice(from, to)
      if (type.isError) faults.push(`it cannot be parsed at ${from}: ${expression}`)
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(text)
      if (type.name === 'LabelName') labels.push(text)
    },
  })
  if (names.length === 0) faults.push(`it asks for no metric: ${expression}`)
  for (const name of names) if (!known.has(name) && !isOfTemporal(name)) faults.push(`there is no ${name}`)
  // Of a metric without series yet nothing is known of its labels.
  if (names.some((name) => (known.get(name) ?? null) === null)) return faults
  const there = new Set(names.flatMap((name) => [...(known.get(name) ?? [])]))
  for (const label of labels)
    if (!there.has(label) && !addedLabels.has(label))
      faults.push(`no series of ${names.join(', ')} has ${label}`)
  return faults
}
