/** One step of the schema, forward only: SQL that runs in one transaction. */
export interface Migration {
  readonly name: string
  readonly up: string
}
