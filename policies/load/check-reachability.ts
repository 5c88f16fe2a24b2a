import type { Comparison, Condition } from '../condition.ts'
import type { FactTable } from '../facts/fact-table.ts'
import { answer } from '../operators/decorators.ts'
import { findOperator } from '../operators/operator-table.ts'
import type { DocumentPath, Finding } from './policy-fault.ts'

/** What can be said of a condition before it meets anybody. */
type Verdict = 'never' | 'always' | 'depends'

export interface ReachabilityWorld {
  readonly facts: FactTable
  /** Named conditions, checked to be well-formed and free of cycles. */
  readonly conditions: ReadonlyMap<string, Condition>
}

/**
 * Conditions that can never be true: comparisons with an empty list, an `all` whose parts exclude each other, the
 * `not` of what always holds. Each is reported where it arises, not again at what contains it.
 */
export function checkReachability(
  root: Condition,
  path: DocumentPath,
  world: ReachabilityWorld,
): readonly Finding[] {
  const findings: Finding[] = []
  const report = (at: DocumentPath, message: string) => {
    findings.push({ path: at, code: 'unreachable-condition', message })
  }
  judge(root, path, world, report)
  return findings
}

type Report = (path: DocumentPath, message: string) => void

function judge(node: Condition, path: DocumentPath, world: ReachabilityWorld, report: Report): Verdict {
  const judgeAt = (member: Condition, ...keys: readonly (string | number)[]) =>
    judge(member, [...path, ...keys], world, report)
  if ('all' in node) {
    const verdicts = node.all.map((member, index) => judgeAt(member, 'all', index))
    if (verdicts.includes('never')) return 'never'
    const clash = findContradiction(node.all, world)
    if (clash === null) return combine(verdicts, 'always', 'never')
    report([...path, 'all'], `These conditions can never be true together: ${clash}.`)
    return 'never'
  }
  if ('any' in node) {
    return combine(
      node.any.map((member, index) => judgeAt(member, 'any', index)),
      'never',
      'always',
    )
  }
  if ('not' in node) return judgeNot(judgeAt(node.not, 'not'), path, report)
  if ('condition' in node) return judgeNamed(node.condition, path, world)
  return judgeComparison(node, path, world, report)
}

/** One `decisive` part decides the whole; else the whole is settled when all its parts are. */
function combine(verdicts: readonly Verdict[], settled: Verdict, decisive: Verdict): Verdict {
  if (verdicts.includes(decisive)) return decisive
  return verdicts.every((verdict) => verdict === settled) ? settled : 'depends'
}

function judgeNot(verdict: Verdict, path: DocumentPath, report: Report): Verdict {
  if (verdict !== 'always') return verdict === 'never' ? 'always' : 'depends'
  report([...path, 'not'], 'This can never be true: what it denies always is.')
  return 'never'
}

/** Named conditions report their own faults in their own file. */
function judgeNamed(name: string, path: DocumentPath, world: ReachabilityWorld): Verdict {
  const named = world.conditions.get(name)
  return named === undefined ? 'depends' : judge(named, path, world, () => {})
}

/** Compared with an empty list, the answer is the same for everybody: it can be asked of anybody. */
function judgeComparison(
  node: Comparison,
  path: DocumentPath,
  world: ReachabilityWorld,
  report: Report,
): Verdict {
  if (!Array.isArray(node.value) || node.value.length > 0) return 'depends'
  const named = findOperator(node.operator)
  const fact = world.facts.find(node.fact)
  if (typeof named === 'string' || fact === null) return 'depends'
  const anybody = fact.kind.list ? ['x'] : 'x'
  const calendar = { dayOf: () => 0, startOf: () => 0 }
  if (answer(named.operator, anybody, [], { now: 0, today: 0, calendar })) return 'always'
  report([...path, 'value'], 'Compared with an empty list, this can never be true.')
  return 'never'
}

/** What an `all` asks of one fact that has one value. */
interface Demands {
  allowed: readonly unknown[] | null
  readonly refused: unknown[]
  present: boolean
  absent: boolean
}

/** Says which parts of an `all` exclude each other, or null. */
function findContradiction(members: readonly Condition[], world: ReachabilityWorld): string | null {
  const demands = new Map<string, Demands>()
  for (const comparison of listConjuncts(members, world)) addDemand(comparison, demands, world)
  for (const [fact, { allowed, refused, present, absent }] of demands) {
    if (present && absent) return `${fact} is asked to be absent and to have a value`
    const left = allowed?.filter((value) => !refused.includes(value))
    if (left?.length === 0) return `no value of ${fact} satisfies them all`
  }
  return null
}

/** The comparisons that must all hold: those of nested and named `all`s too. */
function listConjuncts(members: readonly Condition[], world: ReachabilityWorld): readonly Comparison[] {
  return members.flatMap((member) => {
    if ('all' in member) return listConjuncts(member.all, world)
    if ('condition' in member) {
      const named = world.conditions.get(member.condition)
      return named === undefined ? [] : listConjuncts([named], world)
    }
    return 'fact' in member ? [member] : []
  })
}

function addDemand(
  comparison: Comparison,
  demands: Map<string, Demands>,
  { facts }: ReachabilityWorld,
): void {
  const { fact, operator, value } = comparison
  const named = findOperator(operator)
  if (typeof named === 'string' || named.decorators.length > 0 || facts.find(fact)?.kind.list !== false)
    return
  const known = demands.get(fact)
  const demand = known ?? { allowed: null, refused: [], present: false, absent: false }
  demands.set(fact, demand)
  if (operator === 'absent') demand.absent = true
  else if (!named.operator.whenAbsent) demand.present = true
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (operator === 'equal' || operator === 'in') {
    demand.allowed = demand.allowed === null ? values : demand.allowed.filter((each) => values.includes(each))
  } else if (operator === 'notEqual' || operator === 'notIn') {
    demand.refused.push(...values)
  }
}
