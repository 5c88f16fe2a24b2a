import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openProductionDatabase } from '../../bin/compose/production-database.ts'
import type { DatabaseConfiguration } from '../../config/configuration.ts'
import { chooseTlsMode } from '../../config/database-tls.ts'
import { Secret } from '../../config/secret.ts'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { type Postgres, startPostgres } from '../../embedded/postgres.ts'
import { findPostgresUser } from '../../embedded/postgres-user.ts'
import { type CertificateAuthority, makeAuthority } from '../support/certificates.ts'
import { makeFolder } from '../support/embedded-stack.ts'

/** A PostgreSQL that speaks TLS with a certificate for 127.0.0.1, and one with a certificate for another host. */
const folder = makeFolder()
let ours: CertificateAuthority
let others: CertificateAuthority
let right: Running
let wrong: Running

interface Running {
  readonly data: DataDirectory
  readonly postgres: Postgres
}

beforeAll(async () => {
  ours = makeAuthority(folder.path)
  others = makeAuthority(folder.path, 'Somebody else')
  right = await startWith('right', '127.0.0.1')
  wrong = await startWith('wrong', 'db.example.com')
})
afterAll(async () => {
  for (const one of [right, wrong]) {
    await one?.postgres.stop()
    one?.data.close()
  }
  folder.remove()
})

async function startWith(name: string, host: string): Promise<Running> {
  const home = join(folder.path, `${name}-certificate`)
  mkdirSync(home, { mode: 0o755 })
  const issued = ours.issue(host)
  const user = findPostgresUser()
  const [cert, key, ca] = ['server.pem', 'server.key', 'ca.pem'].map((file) => join(home, file)) as [
    string,
    string,
    string,
  ]
  for (const [from, to, mode] of [
    [issued.cert, cert, 0o644],
    [issued.key, key, 0o600],
    [ours.ca, ca, 0o644],
  ] as const) {
    copyFileSync(from, to)
    chmodSync(to, mode)
    if (user !== null) chownSync(to, user.uid, user.gid)
  }
  const data = openDataDirectory(join(folder.path, name))
  const settings = { fsync: 'off', ssl: 'on', ssl_cert_file: cert, ssl_key_file: key, ssl_ca_file: ca }
  const postgres = await startPostgres({ dataDir: data.path, settings, onProgress: () => undefined })
  return { data, postgres }
}

async function connect(running: Running, tls: Partial<DatabaseConfiguration['tls']>, parameters = '') {
  const url = `${running.postgres.url}${parameters}`
  const settings = { mode: chooseTlsMode(url), ca: null, client: null, ...tls }
  const database = openProductionDatabase(
    { file: 'muster.yaml', database: { url: new Secret(url), poolSize: 1, tls: settings } },
    { applicationName: 'muster-test-tls' },
  )
  try {
    const { rows } = await database.raw<{ rows: { ssl: boolean; dn: string | null }[] }>(
      'select ssl, client_dn as dn from pg_stat_ssl where pid = pg_backend_pid()',
    )
    return rows[0]
  } finally {
    await database.destroy()
  }
}

describe('the database over TLS', () => {
  it('is not used on loopback unless it is asked for', async () => {
    expect(await connect(right, {})).toEqual({ ssl: false, dn: null })
  })

  it('verifies authority and host with verify-full, said by the configuration or by the URL', async () => {
    expect(await connect(right, { mode: 'verify-full', ca: ours.ca })).toMatchObject({ ssl: true })
    expect(await connect(right, { ca: ours.ca }, '?sslmode=verify-full')).toMatchObject({ ssl: true })
  })

  it('refuses a host that the certificate does not carry, an address too, and takes it with verify-ca', async () => {
    await expect(connect(wrong, { mode: 'verify-full', ca: ours.ca })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    expect(await connect(wrong, { mode: 'verify-ca', ca: ours.ca })).toMatchObject({ ssl: true })
  })

  it('refuses an authority that is not trusted, in both modes', async () => {
    for (const mode of ['verify-full', 'verify-ca'] as const) {
      await expect(connect(right, { mode, ca: others.ca })).rejects.toThrow(/certificate/)
      await expect(connect(right, { mode })).rejects.toThrow(/certificate/)
    }
  })

  it('shows a client certificate, and says which file cannot be read', async () => {
    const { cert, key } = ours.issue('muster-client')
    const client = { certificate: cert, key: new Secret(readFileSync(key, 'utf8')) }
    expect(await connect(right, { mode: 'verify-full', ca: ours.ca, client })).toEqual({
      ssl: true,
      dn: '/CN=muster-client',
    })
    await expect(connect(right, { mode: 'verify-full', ca: '/nowhere/ca.pem' })).rejects.toThrow(
      '/nowhere/ca.pem',
    )
  })

  it('follows a password and a client certificate that were renewed, without a restart', async () => {
    const url = new Secret(right.postgres.url)
    const [first, second] = [ours.issue('client-one'), ours.issue('client-two')]
    const certificate = join(folder.path, 'client.pem')
    copyFileSync(first.cert, certificate)
    const key = new Secret(readFileSync(first.key, 'utf8'))
    const tls = { mode: 'verify-full', ca: ours.ca, client: { certificate, key } } as const
    const database = openProductionDatabase(
      { file: 'muster.yaml', database: { url, poolSize: 1, tls } },
      { applicationName: 'muster-test-tls' },
    )
    const ask = async () => {
      const sql = 'select client_dn as dn from pg_stat_ssl where pid = pg_backend_pid()'
      return (await database.raw<{ rows: { dn: string }[] }>(sql)).rows[0]?.dn
    }
    try {
      expect(await ask()).toBe('/CN=client-one')
      expect(await ask()).toBe('/CN=client-one')
      writeFileSync(certificate, readFileSync(second.cert))
      key.renew(readFileSync(second.key, 'utf8'))
      expect(await ask()).toBe('/CN=client-two')
    } finally {
      await database.destroy()
    }
  })
})
