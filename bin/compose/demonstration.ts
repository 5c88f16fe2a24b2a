import { randomBytes } from 'node:crypto'
import { v7 as newId } from 'uuid'
import { createToken } from '../../application/tokens/create-token.ts'
import type { EmbeddedStack } from './embedded-stack.ts'

/** How long the token of a demonstration counts, in milliseconds. */
const tokenLife = 7 * 86_400_000

/**
 * Lines to paste that show the whole loop with a sample person: a challenge, its code on the outbox page, and the
 * check. None where no client is trusted or nobody has an address in use. Makes a token, since a token is shown once.
 */
export async function describeDemonstration(stack: EmbeddedStack): Promise<readonly string[]> {
  const { configuration, store, server, outbox } = stack
  const client = [...configuration.clients.values()].find(({ trusted }) => trusted)
  const person = await findPerson(stack)
  if (client === undefined || person === null) return []
  const now = () => new Date()
  const { token } = await createToken(
    { store, clock: now, newId: () => newId(), randomBytes: (size) => randomBytes(size) },
    {
      name: 'demonstration',
      scopes: [`challenge:${client.id}`],
      expiresAt: new Date(now().getTime() + tokenLife).toISOString(),
      actor: { kind: 'system', id: 'up' },
    },
  )
  const { userName, factor } = person
  const body = { identity: { userName }, factor, context: { ip: '203.0.113.7', userAgent: 'curl' } }
  const head = `-H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json'`
  return [
    'A code for a sample person:',
    `  curl -s ${server.localUrl}/v1/challenges ${head} -d '${JSON.stringify(body)}'`,
    `The code is on ${outbox}; type it with the id of the answer:`,
    `  curl -s ${server.localUrl}/v1/challenges/ID/verify ${head} -d '{"code":"CODE"}'`,
    `  npx muster identities show ${userName}   says when it was last used`,
  ]
}

/** Somebody with one address in use for a factor, so that the code goes out at once; a name that a shell leaves alone. */
async function findPerson({
  store,
  configuration,
}: EmbeddedStack): Promise<{ readonly userName: string; readonly factor: string } | null> {
  const { rows } = await store.database.raw<{ rows: { userName: string; factor: string }[] }>(
    `select min(i.user_name) as "userName", e.factor
     from enrollments e join identities i on i.id = e.identity_id
       join rights r on r.identity_id = i.id and r.factor = e.factor and r.effective and r.clients is null
     where e.status = 'active' and i.active and e.factor = any(?) and i.user_name ~ '^[A-Za-z0-9._@-]+$'
     group by i.id, e.factor having count(*) = 1 order by e.factor desc, 1 limit 1`,
    [[...configuration.factors.authentication]],
  )
  return rows[0] ?? null
}
