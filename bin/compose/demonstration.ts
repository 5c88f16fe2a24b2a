import { randomBytes } from 'node:crypto'
import { v7 as newId } from 'uuid'
import { createToken } from '../../application/tokens/create-token.ts'
import { musterUrn } from '../../domain/attributes.ts'
import type { Scope } from '../../domain/token.ts'
import type { EmbeddedStack } from './embedded-stack.ts'

/** How long the token of a demonstration counts, in milliseconds. */
const tokenLife = 7 * 86_400_000

/** Days until the end of the contract of the person who is pushed. */
const contractDays = 90

/**
 * Lines to paste that show the whole loop with a sample person (a challenge, its code on the outbox page, and the
 * check) and a person who is pushed. The first is left out where no client is trusted or nobody has an address in
 * use, the second without the sample organization. Makes tokens, since a token is shown once.
 */
export async function describeDemonstration(stack: EmbeddedStack): Promise<readonly string[]> {
  const parts = [await describeChallenge(stack), await describePush(stack)]
  return parts.flatMap((lines, index) => (lines.length > 0 && index > 0 ? ['', ...lines] : lines))
}

async function describeChallenge(stack: EmbeddedStack): Promise<readonly string[]> {
  const { configuration, server, outbox } = stack
  const client = [...configuration.clients.values()].find(({ trusted }) => trusted)
  const person = await findPerson(stack)
  if (client === undefined || person === null) return []
  const token = await makeToken(stack, `challenge:${client.id}`)
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

/** A contractor whom the sample policies give SMS until the end of the contract. */
async function describePush(stack: EmbeddedStack): Promise<readonly string[]> {
  const { configuration, server } = stack
  const source = Object.entries(configuration.sources).find(([, { pushed }]) => pushed)?.[0]
  if (source === undefined || configuration.sample === null) return []
  const token = await makeToken(stack, `scim:${source}`)
  const end = new Date(Date.now() + contractDays * 86_400_000).toISOString().slice(0, 10)
  const userName = 'kim.winter'
  const body = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', musterUrn],
    externalId: 'agency-7',
    userName,
    displayName: 'Kim Winter',
    userType: 'contractor',
    phoneNumbers: [{ value: '0151 23456789', type: 'mobile' }],
    [musterUrn]: { endDate: end },
  }
  const head = `-H 'Authorization: Bearer ${token}' -H 'Content-Type: application/scim+json'`
  return [
    'A person pushed by SCIM, as HR systems and identity providers do:',
    `  curl -s ${server.localUrl}/scim/v2/Users ${head} -d '${JSON.stringify(body)}'`,
    `  npx muster identities show ${userName}   has the right and the address a moment later`,
    `  npx muster sources show ${source}   says what is pushed, and what was refused`,
  ]
}

async function makeToken({ store }: EmbeddedStack, scope: Scope): Promise<string> {
  const now = () => new Date()
  const { token } = await createToken(
    { store, clock: now, newId: () => newId(), randomBytes: (size) => randomBytes(size) },
    {
      name: 'demonstration',
      scopes: [scope],
      expiresAt: new Date(now().getTime() + tokenLife).toISOString(),
      actor: { kind: 'system', id: 'up' },
    },
  )
  return token
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
