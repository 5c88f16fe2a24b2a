import type { ClientSettings } from '../domain/challenge.ts'
import type { Factor } from '../domain/factor.ts'
import type { Settings } from './schema.ts'

type WrittenClients = NonNullable<Settings['clients']>
type FactorName = 'smsOtp' | 'emailOtp'

/** The client of the embedded mode where the file names none. */
export const demo: WrittenClients = {
  demo: { name: 'Demo', trusted: true, minProof: 'asserted', contextless: false },
}

/** The factor that a name of the settings means. */
export function nameFactor(name: FactorName): Factor {
  return name === 'smsOtp' ? 'otp-sms' : 'otp-email'
}

/** Clients by id. A factor that the installation does not allow is allowed to no client. */
export function buildClients(
  clients: WrittenClients,
  allowed: { readonly authentication: readonly Factor[]; readonly registration: readonly Factor[] },
): ReadonlyMap<string, ClientSettings> {
  return new Map(
    Object.entries(clients).map(([id, client]): [string, ClientSettings] => [
      id,
      {
        id,
        name: client.name,
        origin: client.origin ?? null,
        trusted: client.trusted,
        authentication: keepNamed(allowed.authentication, client['allowed.auth.factors'] ?? client.factors),
        registration: keepNamed(allowed.registration, client['allowed.reg.factors'] ?? client.factors),
        minProof: client.minProof,
        contextless: client.contextless,
      },
    ]),
  )
}

function keepNamed(allowed: readonly Factor[], named: readonly FactorName[] | undefined): readonly Factor[] {
  if (named === undefined) return allowed
  const factors = new Set(named.map(nameFactor))
  return allowed.filter((factor) => factors.has(factor))
}
