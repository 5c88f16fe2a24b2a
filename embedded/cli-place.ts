/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where in our cache a Temporal CLI is to be put. */
export interface CliPlace {
  /** The cache folder of this release. */
  readonly folder: string
  /** The CLI in it. */
  readonly file: string
  /** A release tag such as `v1.5.1`. */
  readonly release: string
  readonly environment: Environment
  onProgress(message: string): void
}
