import { describe, expect, it } from 'vitest'
import { pushedSources, sourceConnectors } from '../../../connectors/registry.ts'

const pull = sourceConnectors['scim-pull'].configSchema
const push = pushedSources.scim.configSchema
const small = {
  type: 'scim-pull',
  url: 'https://idp.example.com/scim/v2',
  auth: { bearer: { env: 'TOKEN' } },
}
const credentials = {
  tokenUrl: 'https://idp.example.com/token',
  clientId: 'muster',
  clientSecret: { env: 'SECRET' },
}

type Changes = Readonly<Record<string, unknown>>

function faultsOf(changes: Changes): readonly string[] {
  const result = pull.safeParse({ ...small, ...changes })
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

describe('the configuration of a SCIM server that is read', () => {
  it('needs an address and a token, and fills in the rest', () => {
    expect(pull.parse(small)).toMatchObject({
      groups: true,
      search: false,
      trust: { emails: 'asserted', phoneNumbers: 'asserted' },
      activity: 'decides',
      correlate: ['employeeNumber'],
      pageSize: 200,
      timeouts: { connect: '10s', idle: '60s', deadline: '1h' },
      allowEmpty: false,
    })
  })

  it.each<[string, Changes, RegExp]>([
    ['a token that travels readable', { url: 'http://idp.example.com/scim' }, /^url: .*allowCleartext/],
    [
      'a secret that travels readable',
      { auth: { clientCredentials: { ...credentials, tokenUrl: 'http://idp.example.com/' } } },
      /^auth\.clientCredentials\.tokenUrl: .*allowCleartext/,
    ],
    ['an address that is none', { url: 'idp.example.com' }, /^url: an address such as/],
    ['an address with a query', { url: 'https://idp.example.com/scim?x=1' }, /^url: an address such as/],
    ['an address with a password', { url: 'https://a:b@idp.example.com/' }, /^url: an address such as/],
    ['two ways to sign in', { auth: { bearer: 'a', clientCredentials: credentials } }, /^auth/],
    ['no way to sign in', { auth: {} }, /^auth/],
    ['an unknown key', { strict: true }, /strict/],
    ['a page without room', { pageSize: 0 }, /^pageSize/],
    ['a country that is none', { country: { default: 'de' } }, /^country\.default/],
  ])('refuses %s', (_, changes, message) => {
    expect(faultsOf(changes).join('\n')).toMatch(message)
  })

  it('allows readable tokens on loopback, and where it is told to', () => {
    expect(faultsOf({ url: 'http://127.0.0.1:8080/scim/v2' })).toEqual([])
    expect(faultsOf({ url: 'http://idp.example.com/scim', allowCleartext: true })).toEqual([])
  })

  it('is not opened while its secret is a reference', () => {
    const options = { customAttributes: {}, folder: '/', clock: () => new Date() }
    const open = (config: unknown) => sourceConnectors['scim-pull'].open(pull.parse(config), options)
    const message = 'before its secret was resolved'
    expect(() => open(small)).toThrow(message)
    expect(() => open({ ...small, auth: { clientCredentials: credentials } })).toThrow(message)
  })
})

describe('the configuration of a connection that pushes', () => {
  it('needs its type only', () => {
    expect(push.parse({ type: 'scim' })).toEqual({
      type: 'scim',
      strict: false,
      rate: { perSecond: 200, burst: 1000 },
      country: {},
      trust: { emails: 'asserted', phoneNumbers: 'asserted' },
      correlate: ['employeeNumber'],
      activity: 'decides',
    })
  })

  it.each<[string, Changes]>([
    ['less than 25 requests a second, which Entra ID takes for an outage', { rate: { perSecond: 24 } }],
    ['a burst below that', { rate: { burst: 10 } }],
    ['a schedule, since nothing is read', { schedule: { full: '24h' } }],
    ['an address', { url: 'https://idp.example.com/scim/v2' }],
  ])('refuses %s', (_, changes) => {
    expect(push.safeParse({ type: 'scim', ...changes }).success).toBe(false)
  })
})
