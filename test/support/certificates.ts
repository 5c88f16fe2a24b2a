import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePackages } from './debian-packages.ts'

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
}

export interface CertificateAuthority {
  /** Path of the authority's own certificate. */
  readonly ca: string
  /** A certificate for a host, valid for this many days from now: 0 or less has expired. */
  issue(host: string, days?: number): Certificate
}

const tool = '/usr/bin/openssl'

/** A private authority under `folder`, made by the openssl command. */
export function makeAuthority(folder: string, name = 'Muster test'): CertificateAuthority {
  ensurePackages([tool], ['openssl'])
  const home = mkdtempSync(join(folder, 'ca-'))
  const at = (file: string): string => join(home, file)
  const openssl = (...values: readonly string[]): void => {
    execFileSync(tool, values, { stdio: 'pipe', cwd: home })
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
  )
  writeFileSync(at('index.txt'), '')
  writeFileSync(
    at('ca.cnf'),
    [
      '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256',
      'policy=any\ncopy_extensions=copy\nunique_subject=no\n[any]\ncommonName=supplied\n',
    ].join('\n'),
  )
  let issued = 0
  return {
    ca: at('ca.pem'),
    issue: (host, days = 30) => {
      const file = `host-${++issued}`
      const request = ['req', '-new', ...newKey, '-keyout', `${file}.key`, '-out', `${file}.csr`]
      const kind = /^[\d.]+$/.test(host) ? 'IP' : 'DNS'
      openssl(...request, '-subj', `/CN=${host}`, '-addext', `subjectAltName=${kind}:${host}`)
      const [from, to] = [formatTime(Math.min(days, 0) - 1), formatTime(days)]
      const sign = ['ca', '-batch', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-notext']
      openssl(...sign, '-startdate', from, '-enddate', to, '-in', `${file}.csr`, '-out', `${file}.pem`)
      return { cert: at(`${file}.pem`), key: at(`${file}.key`) }
    },
  }
}

/** `YYYYMMDDHHMMSSZ` of a day relative to now, as openssl takes it. */
function formatTime(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '')
}
