import { coreTextNames, enterpriseTextNames, nameParts } from '../../domain/attributes.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { MusterError } from '../../domain/error.ts'
import type { PullSource, SourceOptions } from '../connector.ts'
import { parseDuration } from '../duration.ts'
import type { Credentials } from './authorization.ts'
import { parseMark } from './change-mark.ts'
import type { ScimPullConfig } from './config.ts'
import { testServer } from './live-test.ts'
import { type ReaderSettings, readServer } from './reader.ts'
import { makeUserMapper } from './user-mapper.ts'

export { scimPullConfig, scimPushConfig } from './config.ts'

/** What is taken of a user: whatever the server shows, these are kept. */
const attributes = [
  coreTextNames,
  nameParts,
  enterpriseTextNames,
  'emails',
  'phoneNumbers',
  'roles',
  'entitlements',
]

/** Opens a SCIM server to be read: nothing is connected until it is. Secrets must have been resolved. */
export function openScimPull(config: ScimPullConfig, options: SourceOptions): PullSource {
  const { groups, trust } = config
  const settings = makeSettings(config, options)
  const shape = { attributes, groups, country: config.country, trust, custom: options.customAttributes }
  return {
    mapping: canonicalJson(shape),
    bringsGroups: groups,
    readAll: (readOptions) => readServer(settings, readOptions, null),
    changes: {
      place: `scim-pull ${settings.url}`,
      readChanges: (mark, readOptions) => readServer(settings, readOptions, parseMark(mark)),
    },
    test: (signal) => testServer(settings, signal),
  }
}

function makeSettings(config: ScimPullConfig, options: SourceOptions): ReaderSettings {
  const { url, search, groups, pageSize, allowEmpty, timeouts, trust } = config
  return {
    url,
    search,
    groups,
    pageSize,
    allowEmpty,
    credentials: readCredentials(config.auth),
    transport: {
      ca: config.tls.ca ?? null,
      folder: options.folder,
      timeouts: { connect: parseDuration(timeouts.connect), idle: parseDuration(timeouts.idle) },
      answerLimit: config.answerLimit,
    },
    deadline: parseDuration(timeouts.deadline),
    clock: options.clock,
    mapUser: makeUserMapper({
      custom: options.customAttributes,
      country: config.country.default ?? null,
      trust,
    }),
  }
}

function readCredentials(auth: ScimPullConfig['auth']): Credentials {
  if ('bearer' in auth) return { kind: 'bearer', token: requireText(auth.bearer) }
  const { tokenUrl, clientId, clientSecret, scope, send } = auth.clientCredentials
  return {
    kind: 'client-credentials',
    tokenUrl,
    clientId,
    clientSecret: requireText(clientSecret),
    scope: scope ?? null,
    send,
  }
}

function requireText(secret: string | object): string {
  if (typeof secret === 'string') return secret
  throw new MusterError('internal', 'a SCIM source was opened before its secret was resolved')
}
