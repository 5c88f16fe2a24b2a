/** ETags as clients send them (RFC 9110 section 13.1): the versions that are ours, or any. */
type ETags = '*' | readonly number[]

/** The versions that `If-Match` names; null: nothing is asked. A tag that is not ours matches nothing. */
export function readIfMatch(header: string | undefined): ETags | null {
  return header === undefined ? null : readETags(header)
}

/** Whether `If-None-Match` holds against a version, so that there is nothing new to be told. */
export function isKnownAlready(header: string | undefined, version: number): boolean {
  if (header === undefined) return false
  const tags = readETags(header)
  return tags === '*' || tags.includes(version)
}

/** The ETag of a version, weak: a body differs with what of it is asked for. */
export function formatETag(version: number): string {
  return `W/"${version}"`
}

/** Whether only the outcome is wanted, not the resource (RFC 7240 section 4.2). */
export function prefersMinimal(header: string | readonly string[] | undefined): boolean {
  return /(^|[,;\s])return\s*=\s*"?minimal"?\s*($|[,;])/i.test(String(header ?? ''))
}

function readETags(header: string): ETags {
  if (header.trim() === '*') return '*'
  return header.split(',').flatMap((tag) => {
    // Some clients leave the W/ or the quotes out.
    const version = /^\s*(?:W\/)?"?(\d{1,15})"?\s*$/.exec(tag)?.[1]
    return version === undefined ? [] : [Number(version)]
  })
}
