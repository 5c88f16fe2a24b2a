import { findTlsFault } from './database-tls.ts'
import type { ConfigurationPath, Finding } from './fault.ts'
import { parseKeyRing } from './key-ring.ts'
import { readPath } from './schema-tree.ts'

/** What one mode needs and the other has no use for. */
export function checkMode(document: unknown): readonly Finding[] {
  return [
    ...checkParts(document),
    ...checkDatabaseUrl(document),
    ...checkClientCertificates(document),
    ...checkKeyRing(document),
  ]
}

/** The mode of a document that may be faulty: embedded where it says nothing, null where it is no mode. */
export function readMode(document: unknown): 'embedded' | 'production' | null {
  const mode = readPath(document, ['mode'])
  if (mode === undefined) return 'embedded'
  return mode === 'embedded' || mode === 'production' ? mode : null
}

function checkParts(document: unknown): readonly Finding[] {
  switch (readMode(document)) {
    case 'production':
      return checkProduction(document)
    case 'embedded':
      return checkEmbedded(document)
    case null:
      return []
  }
}

const productionNeeds: Readonly<Record<string, string>> = {
  database: 'where yours is reached.',
  temporal: 'where yours is reached.',
  keys: 'the ring that codes are derived from, as in keys: { ring: { file: ./keys.json } }.',
}

function checkProduction(document: unknown): readonly Finding[] {
  const needed = Object.entries(productionNeeds).filter(([key]) => readPath(document, [key]) === undefined)
  return [
    ...needed.map(([key, why]) => finding([key], 'missing', `The production mode needs "${key}": ${why}`)),
    ...refuse(document, 'sample', 'The sample directory is served in the embedded mode only.'),
    ...checkExposure(document),
  ]
}

/** Tokens and codes do not cross a network in clear text, unless somebody says that a proxy sees to it. */
function checkExposure(document: unknown): readonly Finding[] {
  const host = readPath(document, ['server', 'host'])
  if (typeof host !== 'string' || isLoopback(host)) return []
  const trusted = readPath(document, ['server', 'trustProxy'])
  if (readPath(document, ['server', 'tls']) !== undefined || (trusted !== undefined && trusted !== false))
    return []
  const message =
    'Beyond loopback the server needs "server.tls", or "server.trustProxy" where a proxy before it ends TLS.'
  return [finding(['server', 'host'], 'missing', message, 'value')]
}

function checkEmbedded(document: unknown): readonly Finding[] {
  const sentence = (name: string) =>
    `The embedded mode brings its own ${name}: take this away, or set mode to production.`
  const host = readPath(document, ['server', 'host'])
  const exposed = typeof host === 'string' && !isLoopback(host)
  return [
    ...refuse(document, 'database', sentence('PostgreSQL')),
    ...refuse(document, 'temporal', sentence('Temporal')),
    ...(exposed
      ? [
          finding(
            ['server', 'host'],
            'not-in-this-mode',
            'The embedded mode listens on loopback only: use 127.0.0.1 or ::1, or set mode to production.',
            'value',
          ),
        ]
      : []),
  ]
}

function refuse(document: unknown, key: string, message: string): readonly Finding[] {
  return readPath(document, [key]) === undefined ? [] : [finding([key], 'not-in-this-mode', message)]
}

/** Once its secret is read; the sentence never repeats it, as it holds a password. */
function checkDatabaseUrl(document: unknown): readonly Finding[] {
  const path = ['database', 'url']
  const url = readPath(document, path)
  if (typeof url !== 'string') return []
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) {
    const fault = findTlsFault(url)
    return fault === null ? [] : [finding(path, 'invalid', fault, 'value')]
  }
  const message = 'The database URL is not well formed: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE.'
  return [finding(path, 'invalid', message, 'value')]
}

/** Once its text is read; the sentence never repeats a key. */
function checkKeyRing(document: unknown): readonly Finding[] {
  const path = ['keys', 'ring']
  const ring = readPath(document, path)
  const fault = typeof ring === 'string' ? parseKeyRing(ring) : null
  return typeof fault === 'string' ? [finding(path, 'invalid', fault, 'value')] : []
}

function checkClientCertificates(document: unknown): readonly Finding[] {
  return ['temporal', 'database'].flatMap((part): readonly Finding[] => {
    const tls = [part, 'tls']
    const given = ['certificate', 'key'].filter((key) => readPath(document, [...tls, key]) !== undefined)
    if (given.length !== 1) return []
    const message = 'A client certificate needs both "certificate" and "key".'
    return [finding([...tls, String(given[0])], 'invalid', message)]
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function finding(
  path: ConfigurationPath,
  code: Finding['code'],
  message: string,
  at: Finding['at'] = 'key',
): Finding {
  return { path, at, code, message }
}
