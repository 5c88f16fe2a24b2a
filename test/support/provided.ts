/** What `global-setup.ts` gives to every test file that asks for it with vitest's `inject`. */
declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL 18 of this test run, with the password of its superuser. */
    readonly postgresUrl: string
    /** A Temporal development server of this test run with the namespace `muster`. */
    readonly temporalAddress: string
    /** A folder of this test run, removed at its end. */
    readonly runDirectory: string
  }
}

export {}
