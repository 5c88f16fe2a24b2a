import { SourceFault } from '../source-fault.ts'

/** OpenSSL's and Node's words for a certificate that is not to be trusted. */
const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: name it under tls.ca to trust it',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate comes from an unknown authority: name that under tls.ca to trust it',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate comes from an unknown authority: name that under tls.ca to trust it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate comes from an unknown authority: name that under tls.ca to trust it',
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: see tls.servername',
}

/** Operating system errors that say that nobody could be reached. */
const wayFaults: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name service does not answer',
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ETIMEDOUT: 'it does not answer',
}

/** What failed on the way to a bound connection. `spoke`: whether the server had sent anything. */
export function describeConnectError(error: unknown, host: string, spoke: boolean): SourceFault {
  const code = readCode(error)
  const text = error instanceof Error ? error.message : String(error)
  const certificate = certificateFaults[code]
  if (certificate) return new SourceFault('tls-failed', `${host}: ${certificate}`, error)
  const way = wayFaults[code]
  if (way) return new SourceFault('unreachable', `${host} cannot be reached: ${way}`, error)
  if (text === 'Connection timeout')
    return new SourceFault('unreachable', `${host} cannot be reached: it does not answer`, error)
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO' || /\bTLS\b/.test(text))
    return new SourceFault(
      'tls-failed',
      `${host}: the TLS handshake failed (${code || 'ended by the server'})`,
      error,
    )
  const when = spoke ? 'in the middle of the bind' : 'before it answered the bind'
  return new SourceFault('closed', `${host} closed the connection ${when}`, error)
}

function readCode(error: unknown): string {
  if (error instanceof AggregateError) return readCode(error.errors[0])
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
