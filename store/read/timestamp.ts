/** A timestamp column as it comes out of the driver, in RFC 3339 and UTC. */
export function formatTimestamp(value: Date): string
export function formatTimestamp(value: Date | null): string | null
export function formatTimestamp(value: Date | null): string | null {
  return value === null ? null : value.toISOString()
}
