/** What a token may do. `challenge:CLIENT` speaks for one client, `scim:SOURCE` pushes to one source. */
export type Scope = 'read' | 'operate' | 'admin' | 'metrics' | `challenge:${string}` | `scim:${string}`

/** The scopes without a name of their own, and what each brings along. */
const included = {
  read: ['read'],
  operate: ['operate', 'read'],
  admin: ['admin', 'operate', 'read', 'metrics'],
  metrics: ['metrics'],
} as const satisfies Readonly<Record<string, readonly Scope[]>>

/** How a scope is written, for people who mistyped one. */
export const scopeForms = 'read, operate, admin, metrics, challenge:CLIENT, scim:SOURCE'

/** A token as operators see it: everything but the token. Times are RFC 3339. */
export interface TokenView {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  /** To the minute. */
  readonly lastUsedAt: string | null
}

/** The scope that a text means, or null. */
export function parseScope(text: string): Scope | null {
  if (Object.hasOwn(included, text)) return text as Scope
  return /^(challenge|scim):[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text) ? (text as Scope) : null
}

/** Whether scopes allow what needs `wanted`: `admin` brings `operate`, `read` and `metrics`, `operate` brings `read`. */
export function allowsScope(scopes: readonly Scope[], wanted: Scope): boolean {
  return scopes.some((scope) => bringsAlong(scope).includes(wanted))
}

/** The client that a token speaks for, or null. */
export function clientOfScopes(scopes: readonly Scope[]): string | null {
  const scope = scopes.find((one) => one.startsWith('challenge:'))
  return scope === undefined ? null : scope.slice('challenge:'.length)
}

/** The connection that a token pushes for, or null: it has one scope, `scim:SOURCE`, and no other beside it. */
export function sourceOfScopes(scopes: readonly Scope[]): string | null {
  const [scope] = scopes
  return scopes.length === 1 && scope?.startsWith('scim:') ? scope.slice('scim:'.length) : null
}

function bringsAlong(scope: Scope): readonly Scope[] {
  return scope in included ? included[scope as keyof typeof included] : [scope]
}
