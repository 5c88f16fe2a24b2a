/** What the placeholders of a message stand for. */
export interface MessageValues {
  /** Null: the message carries none. */
  readonly code: string | null
  /** Whole minutes that the code is still valid. */
  readonly minutes: number
  /** The client's name as it is configured, in any script; null: none. */
  readonly client: string | null
  /** The host of the page that asks (ASCII), or null. */
  readonly host: string | null
  /** The kind of address that a notice is about, in words. */
  readonly factor: string
  /** Whom to tell when it was not you: a whole sentence. */
  readonly repudiate: string
  /** Who sends, as people know it. */
  readonly sender: string
}
