import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../../config/configuration.ts'
import type { Secret } from '../../config/secret.ts'

/**
 * Puts the secrets of a configuration that was read again into the one that the process runs on, where everybody who
 * reveals them finds the new ones. Answers the names of the parts that differ otherwise and need a restart.
 */
export function renewSecrets(held: Configuration, next: Configuration): readonly string[] {
  renew(held.database?.url, next.database?.url)
  renew(held.database?.tls.client?.key, next.database?.tls.client?.key)
  renew(held.temporal?.apiKey, next.temporal?.apiKey)
  renew(held.server.tls?.key, next.server.tls?.key)
  renew(held.keys, next.keys)
  renew(held.channels.sms, next.channels.sms)
  renew(held.channels.email, next.channels.email)
  for (const [name, source] of Object.entries(held.sources)) {
    const other = next.sources[name]
    if (other?.type === source.type) renew(source.settings, other.settings)
  }
  return listDifferences(held, next)
}

function renew<T>(held: Secret<T> | null | undefined, next: Secret<T> | null | undefined): void {
  if (held != null && next != null) held.renew(next.reveal())
}

/** Secrets look alike here, whatever they hold: one that came or went is a difference, another value is none. */
function listDifferences(held: Configuration, next: Configuration): readonly string[] {
  const parts = Object.keys(held) as (keyof Configuration)[]
  return parts.filter(
    (part) => !isDeepStrictEqual(held[part], next[part]) || renewedTemporalKey(part, held, next),
  )
}

/** The key of a client certificate is part of connections to Temporal that are open. */
function renewedTemporalKey(part: keyof Configuration, held: Configuration, next: Configuration): boolean {
  return part === 'temporal' && held.temporal?.tls?.key?.reveal() !== next.temporal?.tls?.key?.reveal()
}
