/**
 * Whether a fault means that the database cannot be reached or is short of resources, so that the same call may
 * succeed later: PostgreSQL's classes 08 (connection), 28 (a password that is being changed), 53 (resources), 57 (operator intervention), 40 (rolled back)
 * and 25006 (read only, as after a fail-over), Node's errors of sockets and TLS, and knex's own two (PostgreSQL appendix A).
 */
export function isDatabaseAway(error: unknown): boolean {
  const code = codeOf(error)
  return code !== null && /^(08|28|40|53|57)...$|^25006$|^E[A-Z]+$|^ERR_TLS|CERT|^connection$/.test(code)
}

/** What pg says without a code when a connection broke, at once or under a later statement (a ROLLBACK, mostly). */
const driverWords = /connection (terminated|ended|error)|not queryable|trying to connect|pool/i

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error.name === 'KnexTimeoutError' || driverWords.test(error.message)) return 'connection'
  return error.cause === undefined ? null : codeOf(error.cause)
}
