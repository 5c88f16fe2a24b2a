// Longer than 300 lines: the table of faults with their sentences, to be read as one.
import { describe, expect, it } from 'vitest'
import { readConfiguration } from '../../../config/read-configuration.ts'
import { defaultLimits } from '../../../domain/limit-settings.ts'

const hr = 'hr: { type: csv, file: hr.csv, externalId: id, attributes: { userName: login } }'
const corp = `corp:
    type: ldap
    urls: [ldap://127.0.0.1:389]
    tls: { mode: none }
    bind: { dn: cn=sync, password: literal }
    people: { base: ou=people, attributes: { userName: uid } }`
const withSource = (text: string) => `${text}\nsources:\n  ${hr}\n`
const production = `mode: production
database: { url: { env: DATABASE_URL } }
temporal: { address: "temporal:7233" }
keys: { ring: { env: KEY_RING } }
factors: { allowed.auth.factors: [emailOtp], allowed.reg.factors: [emailOtp] }
channels: { email: [{ type: smtp, host: mail.example.com, from: muster@example.com }] }`
const ring = JSON.stringify({
  active: 'k1',
  keys: { k1: 'zXz7yTQmKsH3Zr0a2c5uWl1nB8pEo9gJvD4fYqIxMhU=' },
})
const databaseUrl = { DATABASE_URL: 'postgres://muster:pw@db/muster', KEY_RING: ring }

type Case = readonly [title: string, text: string, fault: string, env?: Record<string, string>]

async function read(text: string, env: Record<string, string> = {}) {
  return readConfiguration({ file: '/etc/muster/muster.yaml', env }, text)
}

async function faultsOf(text: string, env: Record<string, string> = {}) {
  const result = await read(text, env)
  if (result.ok) return []
  return result.faults.map(
    ({ line, column, path, code, message }) => `${line}:${column} ${path} ${code}: ${message}`,
  )
}

describe('a configuration without fault', () => {
  it('is filled in with defaults, absolute paths and milliseconds', async () => {
    const result = await read(withSource('grace: 36h'))
    if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join())
    const { sources, channels, ...rest } = result.configuration
    expect(rest).toEqual({
      file: '/etc/muster/muster.yaml',
      mode: 'embedded',
      server: {
        host: '127.0.0.1',
        port: 0,
        publicUrl: null,
        tls: null,
        trustProxy: false,
        graceTime: 20_000,
      },
      worker: { healthPort: null, graceTime: 20_000 },
      database: null,
      temporal: null,
      policies: '/etc/muster/policies',
      attributes: {},
      timeZone: 'UTC',
      groupsFrom: [],
      precedence: { default: ['hr'] },
      brakes: { takenAway: { percent: 5, atLeast: 50 } },
      grace: 36 * 3_600_000,
      retention: { audit: null, challenges: 7_776_000_000, deliveries: 7_776_000_000 },
      countries: null,
      factors: { authentication: ['otp-sms', 'otp-email'], registration: ['otp-sms', 'otp-email'] },
      keys: null,
      challenges: {
        digits: 6,
        validity: { authentication: 300_000, sms: 600_000, email: 1_800_000 },
        tries: 5,
        sends: 3,
        waits: [30_000, 60_000],
      },
      limits: defaultLimits,
      messages: { sender: 'Muster', contact: null },
      clients: new Map([
        [
          'demo',
          {
            id: 'demo',
            name: 'Demo',
            origin: null,
            trusted: true,
            authentication: ['otp-sms', 'otp-email'],
            registration: ['otp-sms', 'otp-email'],
            minProof: 'asserted',
            contextless: false,
          },
        ],
      ]),
      sample: null,
      log: { level: 'info' },
    })
    expect(channels.sms.reveal()).toEqual([{ type: 'outbox', capacity: 200 }])
    expect(sources['hr']?.settings.reveal()).toMatchObject({ type: 'csv', file: '/etc/muster/hr.csv' })
  })

  it('takes groups from the one source that brings some', async () => {
    const result = await read(`sources:\n  ${hr}\n  ${corp}\n    groups: { base: ou=groups }\n`)
    expect(result.ok && result.configuration.groupsFrom).toEqual(['corp'])
  })

  it('reads secrets from the environment and prints none of them', async () => {
    const result = await read(withSource(production), databaseUrl)
    if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join())
    expect(result.configuration.database?.url.reveal()).toBe(databaseUrl.DATABASE_URL)
    expect(result.configuration.server.port).toBe(8080)
    expect(JSON.stringify(result.configuration)).not.toContain(':pw@')
  })

  it('lets the environment set what operators set by environment', async () => {
    const env = { MUSTER_LOG_LEVEL: 'debug', MUSTER_SERVER_PORT: '9090', MUSTER_SERVER_HOST: '' }
    const result = await read(withSource('server: { port: 1, host: localhost }'), env)
    expect(result.ok && result.configuration).toMatchObject({
      log: { level: 'debug' },
      server: { port: 9090, host: 'localhost' },
    })
  })

  it('lets a server listen beyond loopback with a certificate, or behind a proxy', async () => {
    const servers = [
      '{ host: 0.0.0.0, tls: { certificate: c.pem, key: { env: KEY_RING } } }',
      '{ host: "::", trustProxy: true }',
      '{ host: 0.0.0.0, trustProxy: [10.0.0.0/8, "fd00::/8", 192.0.2.7] }',
    ]
    for (const server of servers) {
      expect(await faultsOf(withSource(`${production}\nserver: ${server}`), databaseUrl)).toEqual([])
    }
    const result = await read(withSource(`${production}\nserver: ${servers[0]}`), databaseUrl)
    const tls = result.ok ? result.configuration.server.tls : null
    expect([tls?.certificate, tls?.key.reveal()]).toEqual(['/etc/muster/c.pem', ring])
  })

  it('reads two sources that share a part by an alias', async () => {
    const text = `sources:
  a: { type: csv, file: a.csv, externalId: id, attributes: &map { userName: login } }
  b: { type: csv, file: b.csv, externalId: id, attributes: *map }`
    const result = await read(text)
    expect(result.ok && Object.keys(result.configuration.sources)).toEqual(['a', 'b'])
  })
})

describe('every fault says what is wrong, where, and what was expected', () => {
  const cases: readonly Case[] = [
    [
      'an unknown key, with the nearest known one',
      withSource('server: { prt: 1 }'),
      '1:11 server.prt unknown-key: "prt" is no key in server; the nearest known key is "port".',
    ],
    [
      'a key that belongs elsewhere',
      withSource('poolSize: 3'),
      '1:1 poolSize unknown-key: "poolSize" is no key at the top level; it belongs to database.',
    ],
    [
      'a key that nothing is like, with the known ones',
      withSource('log: { colours: true }'),
      '1:8 log.colours unknown-key: "colours" is no key in log; known are level.',
    ],
    [
      'a misspelled required key once, not also as missing',
      'sources:\n  x: { type: csv, fil: a.csv, externalId: id, attributes: { userName: l } }',
      '2:19 sources.x.fil unknown-key: "fil" is no key in x; the nearest known key is "file".',
    ],
    [
      'a wrong type',
      withSource('server: { port: "80" }'),
      '1:17 server.port wrong-type: port: expected a number, found text.',
    ],
    [
      'a list where a mapping belongs',
      withSource('server: [1]'),
      '1:1 server wrong-type: server: expected a mapping, found a list.',
    ],
    [
      'nothing where text belongs',
      withSource('policies:'),
      '1:10 policies wrong-type: policies: expected text, found nothing.',
    ],
    [
      'a document that is no mapping',
      '- a',
      '1:1  wrong-type: The document: expected a mapping, found a list.',
    ],
    ['an empty file', '', '1:1 sources missing: sources is missing: expected a mapping.'],
    [
      'a missing key, at what it is missing from',
      'mode: embedded\nsources:\n  x: { type: csv, externalId: id, attributes: { userName: l } }',
      '3:3 sources.x.file missing: file is missing: expected text.',
    ],
    [
      'a word that is none of the known ones',
      withSource('mode: embeded'),
      '1:7 mode unknown-value: mode: expected one of embedded, production, found "embeded"; the nearest is embedded.',
    ],
    [
      'a type of source that does not exist',
      'sources:\n  x: { type: ldpa }',
      '2:14 sources.x.type unknown-value: type: expected one of ldap, csv, scim-pull, scim, found "ldpa"; the nearest is ldap.',
    ],
    [
      'a source without a type',
      'sources:\n  x: {}',
      '2:3 sources.x.type missing: type is missing: expected one of ldap, csv, scim-pull, scim.',
    ],
    [
      'a number out of range',
      withSource('server: { port: 70000 }'),
      '1:17 server.port invalid: port: expected at most 65535.',
    ],
    ['an empty list', withSource('countries: []'), '1:1 countries invalid: countries is empty.'],
    [
      'a length of time without a unit',
      withSource('grace: "30"'),
      '1:8 grace invalid: grace is not well formed: expected a duration such as 30s, 5m, 24h or 30d.',
    ],
    [
      'an address that is no URL',
      withSource('server: { publicUrl: portal }'),
      '1:22 server.publicUrl invalid: publicUrl is not well formed: expected an http or https URL.',
    ],
    [
      'a time zone that does not exist',
      withSource('timeZone: Europe/Berln'),
      '1:11 timeZone invalid: timeZone: unknown time zone "Europe/Berln"; nearest known: Europe/Berlin.',
    ],
    [
      'a country that does not exist',
      withSource('countries: [DE, de]'),
      '1:17 countries[1] invalid: countries[1]: unknown country "de"; expected ISO 3166-1 alpha-2, as in DE; nearest known: DE.',
    ],
    [
      'a name that cannot be part of an id',
      'sources: { "my hr": { type: csv, file: a, externalId: id, attributes: { userName: l } } }',
      '1:12 sources["my hr"] invalid: "my hr" cannot be a name here: a letter, then letters, digits, - or _.',
    ],
    [
      'a variable that is not set',
      withSource(production),
      '2:25 database.url.env missing-secret: The environment variable DATABASE_URL, which holds this secret, is not set.',
      { KEY_RING: ring },
    ],
    [
      'a variable that is empty',
      withSource(production),
      '2:25 database.url.env missing-secret: The environment variable DATABASE_URL, which holds this secret, is empty.',
      { ...databaseUrl, DATABASE_URL: '' },
    ],
    [
      'a secret that is written down in production mode',
      `${production}\nsources:\n  ${corp}`,
      '12:36 sources.corp.bind.password literal-secret: A secret is not written into the file in production mode: use { env: NAME } or { file: PATH }.',
      databaseUrl,
    ],
    [
      'a secret of the wrong shape',
      `sources:\n  ${corp.replace('literal', '{ envv: X }')}`,
      '6:38 sources.corp.bind.password.envv unknown-key: "envv" is no key in password; the nearest known key is "env".',
    ],
    [
      'a database URL that is none, without repeating it',
      withSource(production),
      '2:13 database.url invalid: The database URL is not well formed: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE.',
      { ...databaseUrl, DATABASE_URL: 'mysql://u:p@h/d' },
    ],
    [
      'production mode without its database',
      withSource(
        'mode: production\ntemporal: { address: "t:7233" }\nkeys: { ring: { env: KEY_RING } }\nfactors: { allowed.auth.factors: [], allowed.reg.factors: [] }',
      ),
      '1:1 database missing: The production mode needs "database": where yours is reached.',
      databaseUrl,
    ],
    [
      'production mode without its Temporal',
      withSource(production.replace(/^temporal.*\n/m, '')),
      '1:1 temporal missing: The production mode needs "temporal": where yours is reached.',
      databaseUrl,
    ],
    [
      'production mode without the keys of its codes',
      withSource(production.replace(/^keys.*\n/m, '')),
      '1:1 keys missing: The production mode needs "keys": the ring that codes are derived from, as in keys: { ring: { file: ./keys.json } }.',
      databaseUrl,
    ],
    [
      'a sample key',
      withSource(production),
      '4:9 keys.ring invalid: The key "k1" of the key ring is a sample or was not drawn at random; make one with "openssl rand -base64 32".',
      {
        ...databaseUrl,
        KEY_RING: JSON.stringify({ active: 'k1', keys: { k1: Buffer.alloc(32, 1).toString('base64') } }),
      },
    ],
    [
      'a key that is too short, without repeating it',
      withSource(production),
      '4:9 keys.ring invalid: The key "k1" of the key ring is not 32 bytes in base64, as "openssl rand -base64 32" makes them.',
      { ...databaseUrl, KEY_RING: '{"active":"k1","keys":{"k1":"c2hvcnQ="}}' },
    ],
    [
      'a code that is too short',
      withSource('challenges: { digits: 4 }'),
      '1:23 challenges.digits invalid: digits: expected at least 6.',
    ],
    [
      'a code that lives too long',
      withSource('challenges: { validity: { authentication: 11m } }'),
      '1:43 challenges.validity.authentication invalid: authentication: a duration from 1m to 10m.',
    ],
    [
      'an outbox in production mode',
      withSource(production.replace(/channels.*/, 'channels: { email: [{ type: outbox }] }')),
      '6:29 channels.email[0].type not-in-this-mode: An outbox sends nothing: it is for the embedded mode only.',
      databaseUrl,
    ],
    [
      'a factor that nothing can send',
      withSource(production.replace(/channels.*/, 'channels: {}')),
      '6:1 channels.email missing: emailOtp is allowed, and nothing can send it: name a channel in "channels.email", or take emailOtp out of "factors".',
      databaseUrl,
    ],
    [
      'text messages that cost money and may go everywhere',
      withSource(
        `channels: { sms: [{ type: twilio, account: AC${'0'.repeat(32)}, token: t, from: "+4915112345678" }] }`,
      ),
      '1:1 countries missing: A channel for text messages costs money: "countries" must say where they may go.',
    ],
    [
      'an origin that browsers do not trust',
      withSource('clients: { portal: { name: Portal, origin: "http://portal.example.com" } }'),
      '1:44 clients.portal.origin invalid: origin: an origin such as https://portal.example.com; http on loopback only.',
    ],
    [
      'a client certificate without its key',
      withSource(`${production}\n`.replace('7233"', '7233", tls: { certificate: c.pem }')),
      '3:46 temporal.tls.certificate invalid: A client certificate needs both "certificate" and "key".',
      databaseUrl,
    ],
    [
      'a database in embedded mode, where it would do nothing',
      withSource('database: { url: "postgres://h/d" }'),
      '1:1 database not-in-this-mode: The embedded mode brings its own PostgreSQL: take this away, or set mode to production.',
    ],
    [
      'an embedded server that others could reach',
      withSource('server: { host: 0.0.0.0 }'),
      '1:17 server.host not-in-this-mode: The embedded mode listens on loopback only: use 127.0.0.1 or ::1, or set mode to production.',
    ],
    [
      'a production server that speaks clear text beyond loopback',
      withSource(`${production}\nserver: { host: 0.0.0.0 }`),
      '7:17 server.host missing: Beyond loopback the server needs "server.tls", or "server.trustProxy" where a proxy before it ends TLS.',
      databaseUrl,
    ],
    [
      'a certificate without its key',
      withSource('server: { tls: { certificate: c.pem } }'),
      '1:11 server.tls.key missing: key is missing: expected text or a mapping.',
    ],
    [
      'a proxy that is no address',
      withSource('server: { trustProxy: [10.0.0.0/33] }'),
      '1:24 server.trustProxy[0] invalid: trustProxy[0]: an IP address, or a range as in 10.0.0.0/8.',
    ],
    [
      'a sample directory in production mode',
      withSource(`${production}\nsample: { directory: { ldif: a.ldif, source: hr } }`),
      '7:1 sample not-in-this-mode: The sample directory is served in the embedded mode only.',
      databaseUrl,
    ],
    [
      'a sample directory for a source that does not speak LDAP',
      withSource('sample: { directory: { ldif: a.ldif, source: hr } }'),
      '1:46 sample.directory.source invalid: The sample directory speaks LDAP, and the source "hr" is not of type ldap.',
    ],
    [
      'groups from a source that does not exist',
      withSource('groupsFrom: [hrr]'),
      '1:14 groupsFrom[0] unknown-source: There is no source called "hrr"; the nearest is "hr".',
    ],
    [
      'groups from a source that brings none',
      withSource('groupsFrom: [hr]'),
      '1:14 groupsFrom[0] invalid: The source "hr" brings no groups.',
    ],
    [
      'several sources that bring groups without a word on whose count',
      `sources:\n  ${corp}\n    groups: { base: g }\n  ${corp.replace('corp', 'lab')}\n    groups: { base: g }`,
      '1:1 groupsFrom missing: The sources corp and lab bring groups: groupsFrom must name those that policies see as "groups".',
    ],
    [
      'precedence of a source that does not exist',
      withSource('precedence: { default: [hr, payroll] }'),
      '1:29 precedence.default[1] unknown-source: There is no source called "payroll"; known are hr.',
    ],
    [
      'precedence for an attribute that does not exist',
      withSource('precedence: { phonenumbers: [hr] }'),
      '1:15 precedence.phonenumbers unknown-attribute: There is no attribute called "phonenumbers"; the nearest is "phoneNumbers".',
    ],
    [
      'an attribute that does not exist in a mapping',
      'sources:\n  x: { type: csv, file: a, externalId: id, attributes: { usrName: l } }',
      '2:58 sources.x.attributes.usrName unknown-attribute: There is no attribute called "usrName"; the nearest is "userName".',
    ],
    [
      'a custom attribute that is mapped but not declared',
      'sources:\n  x: { type: csv, file: a, externalId: id, attributes: { custom.badge: l } }',
      '2:58 sources.x.attributes["custom.badge"] unknown-attribute: "custom.badge" is not declared: add badge to "attributes" at the top level.',
    ],
    [
      'a correlation by an attribute that does not exist',
      `sources:\n  ${corp}\n    correlate: [employeeNumbr]`,
      '8:17 sources.corp.correlate[0] unknown-attribute: There is no attribute called "employeeNumbr"; the nearest is "employeeNumber".',
    ],
    [
      'a schedule of changes for a source that can only be read wholly',
      `sources:\n  ${corp}\n    schedule: { changes: 5m }`,
      '8:17 sources.corp.schedule.changes unsupported: Sources of type ldap cannot read changes alone: use schedule.full.',
    ],
    [
      'a password that would travel readable',
      `sources:\n  ${corp.replace('127.0.0.1', 'ldap.example.com')}`,
      '4:12 sources.corp.urls[0] invalid: urls[0]: without TLS the password travels readable: use ldaps:// or tls mode starttls, or set tls.allowCleartext.',
    ],
  ]

  for (const [title, text, fault, env] of cases)
    it(title, async () => {
      expect(await faultsOf(text, env)).toEqual([fault])
    })

  it('an environment variable that is no number, by its name', async () => {
    const result = await read(withSource(''), { MUSTER_SERVER_PORT: 'http' })
    expect(result).toEqual({
      ok: false,
      faults: [
        {
          file: 'environment variable MUSTER_SERVER_PORT',
          line: null,
          column: null,
          path: 'server.port',
          code: 'wrong-type',
          message: 'port: expected a number, found text.',
        },
      ],
    })
  })
})

describe('all faults at once', () => {
  it('in the order of the file, those of the text, of the schema and between parts together', async () => {
    const text = `mode: embedded
grace: never
grace: soon
server: { host: 0.0.0.0, prt: 1 }
groupsFrom: [crp]
sources:
  corp:
    type: ldap
    colour: red
    urls: [ldap://ldap.example.com]
    tls: { mode: none }
    bind: { dn: cn=sync, password: { env: NOT_SET } }
    people: { base: ou=people, attributes: { usrName: uid } }`
    expect(
      (await faultsOf(text)).map((fault) => fault.replace(/^(\d+):\d+ (\S*) (\S+): .*/, '$1 $2 $3')),
    ).toEqual([
      '3  duplicate-key',
      '3 grace invalid',
      '4 server.host not-in-this-mode',
      '4 server.prt unknown-key',
      '5 groupsFrom[0] unknown-source',
      '9 sources.corp.colour unknown-key',
      '10 sources.corp.urls[0] invalid',
      '12 sources.corp.bind.password.env missing-secret',
      '13 sources.corp.people.attributes.usrName unknown-attribute',
    ])
  })
})
