/** What can be wrong with a configuration. A closed list: scripts switch over it. */
export type ConfigurationFaultCode =
  | 'unreadable-file'
  | 'too-large'
  | 'syntax'
  | 'duplicate-key'
  | 'unknown-key'
  | 'unknown-value'
  | 'unknown-attribute'
  | 'unknown-source'
  | 'wrong-type'
  | 'invalid'
  | 'missing'
  | 'missing-secret'
  | 'literal-secret'
  | 'not-in-this-mode'
  | 'unsupported'

/** One fault and where it is. */
export interface ConfigurationFault {
  /** The configuration file; for a value that the environment sets, `environment variable NAME`. */
  readonly file: string
  /** From 1; null where the fault is not in a line of the file. */
  readonly line: number | null
  readonly column: number | null
  /** `sources.corp.urls[0]`; the empty text is the whole document. */
  readonly path: string
  readonly code: ConfigurationFaultCode
  /** A sentence: what is wrong, what was expected, the nearest known name. Never a secret. */
  readonly message: string
}

/** Keys and list positions that lead to a value from the top of the document. */
export type ConfigurationPath = readonly (string | number)[]

/** A fault before it is known in which line it stands. */
export interface Finding {
  readonly path: ConfigurationPath
  /** Whether the key or the value is at fault. What is missing is found at the key of what it is missing from. */
  readonly at: 'key' | 'value'
  readonly code: ConfigurationFaultCode
  readonly message: string
}

/** Writes a path as people write it: `sources.corp.people.attributes["name.givenName"]`. */
export function formatPath(path: ConfigurationPath): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (/^[\w-]+$/.test(segment)) text += text === '' ? segment : `.${segment}`
    else text += `[${JSON.stringify(segment)}]`
  }
  return text
}
