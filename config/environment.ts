import type { ConfigurationPath } from './fault.ts'

/** The process's environment, or what a test gives instead. */
export type Environment = Readonly<Record<string, string | undefined>>

interface Override {
  readonly variable: string
  readonly path: ConfigurationPath
  readonly description: string
  readonly read: (text: string) => unknown
}

/** What operators set by environment, over the file. Everything else is in the file or in its secrets. */
export const overrides: readonly Override[] = [
  {
    variable: 'MUSTER_LOG_LEVEL',
    path: ['log', 'level'],
    description: 'The log level of this process.',
    read: (text) => text,
  },
  {
    variable: 'MUSTER_SERVER_HOST',
    path: ['server', 'host'],
    description: 'The address that this process listens on.',
    read: (text) => text,
  },
  {
    variable: 'MUSTER_SERVER_PORT',
    path: ['server', 'port'],
    description: 'The port that this process listens on.',
    // What is no number stays text, so that the schema says what it expected.
    read: (text) => (/^\d+$/.test(text) ? Number(text) : text),
  },
  {
    variable: 'MUSTER_PUBLIC_URL',
    path: ['server', 'publicUrl'],
    description: 'How people and programs reach the server.',
    read: (text) => text,
  },
]

/** The overrides that the environment sets; an empty variable sets nothing. */
export function readOverrides(
  environment: Environment,
): readonly { readonly variable: string; readonly path: ConfigurationPath; readonly value: unknown }[] {
  return overrides.flatMap(({ variable, path, read }) => {
    const text = environment[variable]
    return text === undefined || text === '' ? [] : [{ variable, path, value: read(text) }]
  })
}
