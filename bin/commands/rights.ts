import type { Command } from 'commander'
import { type ManualRight, setManualRight } from '../../application/set-manual-right.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import type { Right } from '../../domain/right.ts'
import { findIdentity } from '../../store/read/find-identity.ts'
import { getIdentity } from '../../store/read/identities.ts'
import { parseChoice } from '../arguments/parse-choice.ts'
import { parseTime } from '../arguments/parse-time.ts'
import type { CliContext } from '../context.ts'
import { describeRight } from '../output/describe-identity.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { wakeWorkflows } from '../wake.ts'
import { withStore } from '../with-store.ts'

/** `muster rights grant|deny|clear WHO FACTOR [--reason T] [--until T]` */
export function registerRights(program: Command, context: CliContext): void {
  const rights = program.command('rights').description("a person's decision on a right, beside the policies'")
  addEffect(
    rights,
    context,
    'grant',
    'grants a right; it survives every run and ends when the person leaves',
  ).option(
    '--until <time>',
    'when the grant ends: RFC 3339, a date, or a length of time such as 7d',
    parseTime(context.clock, 'future'),
  )
  addEffect(rights, context, 'deny', 'denies a right, whatever policies and grants say')
  addEffect(rights, context, 'clear', "takes a person's grant or denial back")
}

interface EffectOptions {
  readonly reason?: string
  readonly until?: string
}

function addEffect(
  rights: Command,
  context: CliContext,
  effect: ManualRight['effect'],
  description: string,
): Command {
  return rights
    .command(effect)
    .description(description)
    .argument('<who>', 'id, userName or SOURCE:externalId')
    .argument('<factor>', factors.join(' or '), parseChoice('factor', factors))
    .option('--reason <text>', 'why, for the audit trail')
    .action((who: string, factor: Factor, options: EffectOptions) =>
      changeRight(context, who, factor, effect, options),
    )
}

function changeRight(
  context: CliContext,
  who: string,
  factor: Factor,
  effect: ManualRight['effect'],
  { reason, until }: EffectOptions,
): Promise<void> {
  return withStore(context, async ({ database, store }) => {
    const identityId = await findIdentity(database, who)
    const { clock, actor } = context
    const request = { identityId, factor, effect, actor, reason: reason ?? null, until: until ?? null }
    await setManualRight({ store, clock }, request)
    await wakeWorkflows(context, { what: 'drain' })
    const { rights } = await getIdentity(database, identityId, null)
    await showRight(context, rights.find((right) => right.factor === factor) ?? noRight(factor))
  })
}

function showRight({ io, globals }: CliContext, right: Right): Promise<void> {
  return globals.json ? writeJson(io.out, right) : writeLines(io.out, describeRight(right))
}

/** Nobody says anything of it, so no row is kept. */
function noRight(factor: Factor): Right {
  return { factor, effective: false, clients: null, origins: [], denials: [] }
}
