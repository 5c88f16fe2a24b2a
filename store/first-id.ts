/** The smallest UUID of version 7 (RFC 9562, section 5.7) that is made at this time: ids before it are older. */
export function firstIdOf(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
