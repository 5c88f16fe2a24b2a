/** One operation of a PATCH (RFC 7644 section 3.5.2), before it is known what its path leads to. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove'
  /** Null: none was sent, so the value is a part of the resource. */
  readonly path: string | null
  /** As it was sent. Undefined, of `remove` only: none was. */
  readonly value: unknown
}
