import type { JsonObject } from './json-object.ts'

/** What a server said of itself, and the tag that it gave that. */
export interface TaggedDescription {
  readonly etag: string
  readonly document: JsonObject
}

/** Servers that are remembered: a worker reads a handful. */
const mostServers = 100
/** Characters of a tag that is kept. */
const longestTag = 256

const descriptions = new Map<string, TaggedDescription>()

/** The description that was read from this address before; undefined: none, or none with a tag. */
export function recallDescription(url: string): TaggedDescription | undefined {
  return descriptions.get(url)
}

/**
 * Keeps a description for as long as the process lives, so that the next read asks only whether it still holds
 * (RFC 7644 section 3.14). Without a tag there is nothing to ask by: what was kept is forgotten.
 */
export function rememberDescription(url: string, etag: string | null, document: JsonObject | null): void {
  descriptions.delete(url)
  if (etag === null || etag.length > longestTag || document === null) return
  if (descriptions.size >= mostServers) descriptions.clear()
  descriptions.set(url, { etag, document })
}
