import { csvConfig, openCsv } from './csv/index.ts'
import { ldapConfig, openLdap } from './ldap/index.ts'
import { openScimPull, scimPullConfig, scimPushConfig } from './scim/index.ts'

/** Every kind of source that is pulled, by the `type` of its configuration. A new connector is a new line. */
export const sourceConnectors = {
  ldap: { configSchema: ldapConfig, open: openLdap },
  csv: { configSchema: csvConfig, open: openCsv },
  'scim-pull': { configSchema: scimPullConfig, open: openScimPull },
} as const

/** Every kind of source that brings its people by itself: there is nothing to open. */
export const pushedSources = { scim: { configSchema: scimPushConfig } } as const
