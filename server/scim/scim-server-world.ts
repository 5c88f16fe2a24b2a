import type { KeyRing } from '../../application/key-ring.ts'
import type { Connection, ScimWorld } from '../../application/scim/scim-world.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import type { GroupQuery, ResourcePage, UserQuery } from '../../store/read/resource-query.ts'
import type { NotedRequests, Refusal } from '../../store/write/scim-connections.ts'
import type { Rate } from './token-bucket.ts'

/** Everything that `/scim/v2` needs of the world. */
export interface ScimServerWorld {
  readonly scim: ScimWorld
  readonly reads: ScimReads
  readonly log: ScimLog
  readonly keys: KeyRing
  /** Sources of type `scim`, by name. */
  readonly connections: ReadonlyMap<string, ConnectionSettings>
  /** How clients reach this server, without a slash at the end; null: at the address that it listens on. */
  readonly publicUrl: string | null
}

/** What the configuration says of a connection. */
export interface ConnectionSettings {
  readonly connection: Connection
  readonly rate: Rate
}

/** Reads of one connection's resources: it sees what it pushed, and nothing else. */
export interface ScimReads {
  readUser(source: string, id: string, wanted: { readonly groups: boolean }): Promise<StoredResource | null>
  pageUsers(source: string, query: UserQuery): Promise<ResourcePage>
  readGroup(source: string, id: string, wanted: { readonly members: boolean }): Promise<StoredResource | null>
  pageGroups(source: string, query: GroupQuery): Promise<ResourcePage>
}

/** Where it is written down what connections did. */
export interface ScimLog {
  noteRequests(source: string, noted: NotedRequests): Promise<void>
  insertRefusals(source: string, refusals: readonly Refusal[]): Promise<void>
}
