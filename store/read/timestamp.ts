/** A timestamp column, as it comes out of the driver or as PostgreSQL writes it into JSON, in RFC 3339 and UTC. */
export function formatTimestamp(value: Date | string): string
export function formatTimestamp(value: Date | string | null): string | null
export function formatTimestamp(value: Date | string | null): string | null {
  if (value === null) return null
  return (typeof value === 'string' ? new Date(value) : value).toISOString()
}

/** A timestamp column inside a JSON value that PostgreSQL makes, as `formatTimestamp` writes it. */
export function timestampSql(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
