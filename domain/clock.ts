/** The time, injected, so that what hangs on it can be tested. */
export type Clock = () => Date
