import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { LoadedPolicySet } from '../../application/load-policy-set.ts'
import { readSetInForce } from '../../application/read-set-in-force.ts'
import { MusterError } from '../../domain/error.ts'
import type { PolicyDocument } from '../../policies/policy-schema.ts'
import { describeUnknown } from '../arguments/usage-fault.ts'
import type { CliContext } from '../context.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { type ListOutput, writeList } from '../output/write-list.ts'
import { wakeWorkflows } from '../wake.ts'
import { withStore } from '../with-store.ts'
import { addDecide } from './policies-decide.ts'

/** `muster policies [list] | show ID | load [DIR] | decide (--who WHO | --input FILE) | schema` */
export function registerPolicies(program: Command, context: CliContext): void {
  const policies = program
    .command('policies')
    .description('who has the right to which factor, and what is enrolled')
  policies
    .command('list', { isDefault: true })
    .description('the policies of the set in force')
    .action(() => listPolicies(context))
  policies
    .command('show <id>')
    .description('one policy of the set in force, as it was loaded')
    .action((id: string) => showPolicy(context, id))
  policies
    .command('load [dir]')
    .description('checks a folder of policies and puts it in force; everybody becomes due')
    .action((folder?: string) => loadPolicies(context, folder))
  policies
    .command('schema')
    .description('JSON Schema of a policy, for editors')
    .action(async () => {
      const { describePolicySchema } = await import('../../policies/policy-schema.ts')
      await writeJson(context.io.out, describePolicySchema())
    })
  addDecide(policies, context)
}

function listPolicies(context: CliContext): Promise<void> {
  return withStore(context, async ({ store }) => {
    const { id, documents } = await readSetInForce(store)
    if (context.globals.json) return writeJson(context.io.out, { policySet: id, policies: documents })
    await writeLines(context.io.err, [`In force: ${id}`])
    return writeList(context, { name: 'policies', batches: [documents], columns: policyColumns })
  })
}

function showPolicy(context: CliContext, id: string): Promise<void> {
  return withStore(context, async ({ store }) => {
    const { documents } = await readSetInForce(store)
    const policy = documents.find((document) => document.id === id)
    if (policy === undefined) {
      const known = documents.map((document) => document.id)
      throw new MusterError('not-found', describeUnknown('policy', id, known))
    }
    await writeJson(context.io.out, policy)
  })
}

async function loadPolicies(context: CliContext, folder: string | undefined): Promise<void> {
  const { putPolicyFolderInForce } = await import('../compose/policy-folder.ts')
  const configuration = await context.loadConfiguration()
  const from = folder === undefined ? configuration.policies : resolve(folder)
  await withStore(context, async ({ store }) => {
    const loaded = await putPolicyFolderInForce(configuration, store, from, context.actor)
    if (loaded.runId !== null) await wakeWorkflows(context, { what: 'settle', runId: loaded.runId })
    await (context.globals.json
      ? writeJson(context.io.out, loaded)
      : writeLines(context.io.out, describeLoad(loaded)))
  })
}

function describeLoad({ policySet, documents, due, runId }: LoadedPolicySet): readonly string[] {
  if (runId === null) return [`${policySet} is in force already: nothing changed.`]
  return [
    `${policySet} is in force, ${documents} policies; ${due} identities are due.`,
    `See how it goes: muster runs show ${runId}`,
  ]
}

const policyColumns: ListOutput<PolicyDocument>['columns'] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'MODE', value: ({ mode }) => mode },
  { title: 'PRIORITY', value: ({ priority }) => priority },
  { title: 'DOES', value: ({ event }) => event.type },
  { title: 'DESCRIPTION', value: ({ description }) => description ?? null },
]
