import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readConfiguration } from '../../../config/read-configuration.ts'
import { configurationJsonSchema } from '../../../config/schema.ts'
import { listHomes } from '../../../config/schema-tree.ts'

const options = { file: '/etc/muster/muster.yaml', env: {}, readSecretFiles: false }

/** Keys that mean something somewhere, so that generated documents get past the top level. */
const knownKeys = [
  ...[
    'mode',
    'server',
    'host',
    'port',
    'database',
    'url',
    'temporal',
    'tls',
    'policies',
    'attributes',
    'type',
  ],
  ...[
    'timeZone',
    'groupsFrom',
    'precedence',
    'default',
    'brakes',
    'grace',
    'countries',
    'factors',
    'sources',
  ],
  ...['corp', 'urls', 'bind', 'dn', 'password', 'env', 'people', 'base', 'filter', 'groups', 'correlate'],
  ...['schedule', 'full', 'changes', 'file', 'externalId', 'emails', 'from', 'sample', 'directory', 'ldif'],
  ...['inactive', 'attribute', 'country', '__proto__', 'constructor', 'toString'],
]
const word = fc.constantFrom(
  ...[
    'embedded',
    'production',
    'ldap',
    'csv',
    'ldap://[',
    'ldap://h:99999',
    'ldaps://h',
    'corp',
    'DE',
    'uid',
  ],
  ...['(objectClass=*)', '30d', 'UTC', 'none', '{', '', 'custom.x', 'mail'],
)
const leaf = fc.oneof(word, fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null))
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'large' },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...knownKeys) },
        { weight: 1, arbitrary: fc.string() },
      ),
      tie('tree'),
      {
        maxKeys: 6,
        noNullPrototype: true,
      },
    ),
  ),
}))

async function expectAnswer(text: string) {
  const result = await readConfiguration(options, text)
  if (result.ok) return
  expect(result.faults.length).toBeGreaterThan(0)
  for (const { line, column, message } of result.faults) {
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length + 1)
    expect(column).toBeGreaterThanOrEqual(1)
    expect(message).toMatch(/[.!?]$/)
  }
}

describe('whatever the text is', () => {
  it('gives a configuration or faults with their places, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 200 })), expectAnswer),
      { numRuns: 150 },
    )
  })

  it('does so for documents that are made of our own keys', async () => {
    await fc.assert(
      fc.asyncProperty(tree, (document) => expectAnswer(stringify(document))),
      { numRuns: 200 },
    )
  })

  it('does so for a good document with a part cut out or put in', async () => {
    const good = `mode: embedded\nsources:\n  corp:\n    type: ldap\n    urls: [ldap://127.0.0.1]\n    tls: { mode: none }
    bind: { dn: cn=sync, password: x }\n    people: { base: ou=people, attributes: { userName: uid } }\n`
    const place = fc.nat(good.length)
    await fc.assert(
      fc.asyncProperty(place, place, fc.oneof(word, fc.string({ maxLength: 5 })), (from, to, text) =>
        expectAnswer(good.slice(0, Math.min(from, to)) + text + good.slice(Math.max(from, to))),
      ),
      { numRuns: 150 },
    )
  })
})

it('knows the home of every key that it generates', () => {
  const schema = configurationJsonSchema()
  expect(listHomes(schema, 'bind')).toEqual(['sources.NAME'])
  expect(listHomes(schema, 'from')).toContain('sources.NAME.people.attributes.emails[]')
})
