import { type Command, Option } from 'commander'
import { readSetInForce } from '../../application/read-set-in-force.ts'
import type { IdentityFacts } from '../../domain/decision.ts'
import { type DecisionView, viewDecision } from '../../domain/decision-view.ts'
import type { Enrollment } from '../../domain/enrollment.ts'
import { MusterError } from '../../domain/error.ts'
import { findIdentity } from '../../store/read/find-identity.ts'
import { recordLook } from '../../store/read/record-look.ts'
import type { CliContext, OpenedStore } from '../context.ts'
import { describeDecision } from '../output/describe-decision.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { revealTo } from '../reveal.ts'
import { withStore } from '../with-store.ts'

/** `muster policies decide (--who WHO | --input FILE)` */
export function addDecide(policies: Command, context: CliContext): void {
  policies
    .command('decide')
    .description('what the set in force says of somebody, and why, without changing anything')
    .option('--who <who>', 'id, userName or SOURCE:externalId')
    .addOption(
      new Option(
        '--input <file>',
        'a person as "identities show --json" prints one; - is standard input',
      ).conflicts('who'),
    )
    .option('--reveal', 'show addresses unmasked; the look is written into the audit trail')
    .action((options: DecideOptions) =>
      withStore(context, async (opened) => showDecision(context, await decideFor(context, opened, options))),
    )
}

interface DecideOptions {
  readonly who?: string
  readonly input?: string
  readonly reveal?: boolean
}

/** Whom to decide, and what is enrolled already, which `first` and `primary` keep. */
interface Subject {
  readonly facts: IdentityFacts
  readonly enrollments: readonly Enrollment[]
}

async function decideFor(
  context: CliContext,
  opened: OpenedStore,
  options: DecideOptions,
): Promise<DecisionView> {
  const { who, input } = options
  const set = await readSetInForce(opened.store)
  const subject = await (who === undefined
    ? readInput(context, input)
    : readStored(context, opened, who, options))
  const { compilePolicySet } = await import('../../policies/decide/compile-policy-set.ts')
  const { explainDecision } = await import('../../policies/decide/explain-decision.ts')
  const decision = await explainDecision(subject.facts, compilePolicySet(set), context.clock())
  return viewDecision(decision, subject.enrollments, options.reveal === true || who === undefined)
}

async function readStored(
  context: CliContext,
  { database, store }: OpenedStore,
  who: string,
  options: DecideOptions,
): Promise<Subject> {
  const id = await findIdentity(database, who)
  const [facts] = await store.identities.readIdentities(database, [id])
  if (facts === undefined) throw new MusterError('not-found', `There is no identity ${id}.`)
  const reveal = revealTo(context, options)
  if (reveal !== null) await recordLook(database, reveal, [id])
  return { facts, enrollments: await store.enrollments.readEnrollments(database, [id]) }
}

/** What somebody typed into a file is theirs to see: nothing of it is masked. */
async function readInput(context: CliContext, file: string | undefined): Promise<Subject> {
  if (file === undefined) throw new MusterError('usage', 'Say whom to decide: --who WHO or --input FILE.')
  const { readIdentityInput } = await import('../identity-input.ts')
  const { normaliseAddresses } = await import('../../application/normalise-address.ts')
  const { countries } = await context.loadConfiguration()
  const { country, ...identity } = await readIdentityInput(file)
  const addresses = normaliseAddresses(identity.attributes, {
    countryOf: () => country,
    countries: countries === null ? null : new Set(countries),
  })
  return { facts: { ...identity, addresses }, enrollments: [] }
}

function showDecision({ io, globals }: CliContext, decision: DecisionView): Promise<void> {
  return globals.json ? writeJson(io.out, decision) : writeLines(io.out, describeDecision(decision))
}
