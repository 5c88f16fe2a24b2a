import { csvConfig, openCsv } from './csv/index.ts'
import { ldapConfig, openLdap } from './ldap/index.ts'

/** Every kind of source that is pulled, by the `type` of its configuration. A new connector is a new line. */
export const sourceConnectors = {
  ldap: { configSchema: ldapConfig, open: openLdap },
  csv: { configSchema: csvConfig, open: openCsv },
} as const
