/**
 * A resource as it is kept: attributes under the names that the schema writes, of the schema's types, extensions under
 * their URN. Nothing unassigned (no null, no empty list: RFC 7643 section 2.5), and nothing that the server gives out
 * itself: no `id`, `meta`, `schemas`, no `groups` of a user, no `members` of a group.
 */
export type ScimDocument = Readonly<Record<string, unknown>>

export type ResourceType = 'User' | 'Group'

/** What a PATCH does to a group's members, in order. No list of members is needed to carry it out. */
export type MemberChange =
  | { readonly kind: 'add'; readonly ids: readonly string[] }
  | { readonly kind: 'remove'; readonly ids: readonly string[] }
  /** Takes every member of a type away; null: every member. */
  | { readonly kind: 'clear'; readonly type: ResourceType | null }

/** A stored resource with what the server knows of it. */
export interface StoredResource {
  readonly id: string
  readonly type: ResourceType
  readonly document: ScimDocument
  readonly version: number
  readonly createdAt: Date
  readonly modifiedAt: Date
  /** Of a user: the groups that it is in, direct and through nested groups. Null: not asked for. */
  readonly groups: readonly GroupOfUser[] | null
  /** Of a group: its direct members. Null: not asked for. */
  readonly members: readonly Member[] | null
}

export interface GroupOfUser {
  readonly value: string
  readonly display: string
  readonly type: 'direct' | 'indirect'
}

export interface Member {
  readonly value: string
  readonly type: ResourceType
  readonly display: string | null
}
