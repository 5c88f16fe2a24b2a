/** A process of the embedded stack that answers. */
export interface StackProcess {
  readonly pid: number
  /** Settles, never rejects, when the process has ended for whatever reason; says how in words. */
  readonly exited: Promise<string>
  /** Ends it in good order within 10 s, by force after that. Harmless when it is gone. */
  stop(): Promise<void>
}
