import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { validate as isUuid, v7 as newId } from 'uuid'
import { createToken, revokeToken } from '../../application/tokens/create-token.ts'
import { MusterError } from '../../domain/error.ts'
import { clientOfScopes, type Scope, scopeForms, type TokenView } from '../../domain/token.ts'
import { readTokens } from '../../store/read/tokens.ts'
import { collectScopes } from '../arguments/parse-scope.ts'
import { parseTime } from '../arguments/parse-time.ts'
import type { CliContext } from '../context.ts'
import { openTable } from '../output/table.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { withStore } from '../with-store.ts'

/** `muster token create NAME --scope S… [--expires T] | list | revoke ID` */
export function registerToken(program: Command, context: CliContext): void {
  const token = program.command('token').description('bearer tokens of the API')
  token
    .command('list', { isDefault: true })
    .description('every token, newest first; never the token itself')
    .action(() => listTokens(context))
  token
    .command('create')
    .description('makes a token and shows it once')
    .argument('<name>', 'what or who will use it')
    .requiredOption('--scope <scope>', `what it may do, again for each: ${scopeForms}`, collectScopes)
    .option(
      '--expires <time>',
      'until when it counts (RFC 3339); default: until it is revoked',
      parseTime(context.clock, 'future'),
    )
    .action((name: string, options: CreateOptions) => create(context, name, options))
  token
    .command('revoke')
    .description('ends a token at once')
    .argument('<id>', 'from `token list`')
    .option('--reason <text>', 'why, for the audit trail')
    .action((id: string, options: { readonly reason?: string }) =>
      revoke(context, id, options.reason ?? null),
    )
}

interface CreateOptions {
  readonly scope: readonly Scope[]
  readonly expires?: string
}

function listTokens(context: CliContext): Promise<void> {
  const { io, globals, clock } = context
  return withStore(context, async ({ database }) => {
    const tokens = await readTokens(database)
    if (globals.json) return writeJson(io.out, { tokens })
    if (tokens.length === 0) return writeLines(io.out, ['There are no tokens yet.'])
    return writeLines(io.out, openTable(columnsAt(clock())).format(tokens))
  })
}

async function create(context: CliContext, name: string, options: CreateOptions): Promise<void> {
  const { clock, actor, io, globals } = context
  await refuseUnknownClient(context, clientOfScopes(options.scope))
  await refuseUnknownSource(context, options.scope)
  await withStore(context, async ({ store }) => {
    const made = await createToken(
      { store, clock, newId: () => newId(), randomBytes: (size) => randomBytes(size) },
      { name, scopes: options.scope, expiresAt: options.expires ?? null, actor },
    )
    if (globals.json) return writeJson(io.out, made)
    return writeLines(io.out, [
      made.token,
      `Shown this once and kept as a hash. Revoke it with "muster token revoke ${made.id}".`,
    ])
  })
}

/** A token for a client that does not exist would be refused with every request. */
async function refuseUnknownClient(context: CliContext, client: string | null): Promise<void> {
  if (client === null) return
  const { clients } = await context.loadConfiguration()
  if (clients.has(client)) return
  const known = [...clients.keys()].join(', ') || 'none'
  throw new MusterError(
    'usage',
    `The configuration has no client ${JSON.stringify(client)}; there are: ${known}.`,
  )
}

/** So would a token for a connection that does not exist. */
async function refuseUnknownSource(context: CliContext, scopes: readonly Scope[]): Promise<void> {
  const wanted = scopes
    .filter((scope) => scope.startsWith('scim:'))
    .map((scope) => scope.slice('scim:'.length))
  if (wanted.length === 0) return
  const { sources } = await context.loadConfiguration()
  const known = Object.keys(sources).filter((name) => sources[name]?.pushed === true)
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new MusterError(
    'usage',
    `The configuration has no source ${JSON.stringify(unknown)} of type scim; there are: ${known.join(', ') || 'none'}.`,
  )
}

function revoke(context: CliContext, id: string, reason: string | null): Promise<void> {
  const { io, globals, clock, actor } = context
  if (!isUuid(id)) throw new MusterError('usage', `${JSON.stringify(id)} is no token's id; see "token list".`)
  return withStore(context, async ({ store }) => {
    await revokeToken({ store, clock }, { id, actor, reason })
    return globals.json
      ? writeJson(io.out, { id, revoked: true })
      : writeLines(io.out, [`Token ${id} is revoked.`])
  })
}

function columnsAt(now: Date): Parameters<typeof openTable<TokenView>>[0] {
  return [
    { title: 'ID', value: ({ id }) => id },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'SCOPES', value: ({ scopes }) => scopes.join(',') },
    { title: 'STATE', value: (token) => stateOf(token, now) },
    { title: 'EXPIRES', value: ({ expiresAt }) => expiresAt },
    { title: 'LAST USED', value: ({ lastUsedAt }) => lastUsedAt },
    { title: 'CREATED', value: ({ createdAt }) => createdAt },
  ]
}

function stateOf({ revokedAt, expiresAt }: TokenView, now: Date): string {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && Date.parse(expiresAt) <= now.getTime() ? 'expired' : 'live'
}
