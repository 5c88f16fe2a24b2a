/** What one request may bring, as ServiceProviderConfig says it. Bytes and counts. */
export const scimLimits = {
  resourceBytes: 1024 * 1024,
  bulkBytes: 8 * 1024 * 1024,
  bulkOperations: 1000,
  /** Levels of JSON. */
  depth: 32,
  /** Resources on a page: asked for without a number, and at most. */
  defaultPage: 100,
  largestPage: 1000,
  /** Bytes of a filter in a query, and in a body. */
  queryFilterBytes: 4 * 1024,
  searchFilterBytes: 8 * 1024,
  /** What a write takes at most. */
  request: { patchOperations: 1000, members: 10_000 },
} as const
