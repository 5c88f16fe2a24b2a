/** Names of RFC 7643 and RFC 7644, and resources to send. */
export const urns = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  bulk: 'urn:ietf:params:scim:api:messages:2.0:BulkRequest',
  bulkResponse: 'urn:ietf:params:scim:api:messages:2.0:BulkResponse',
  search: 'urn:ietf:params:scim:api:messages:2.0:SearchRequest',
} as const

/** A user as a client sends it. */
export function newUser(userName: string, more: object = {}): object {
  return {
    schemas: [urns.user],
    userName,
    name: { givenName: 'Ada', familyName: 'King' },
    emails: [{ value: `${userName}@example.com`, type: 'work', primary: true }],
    ...more,
  }
}

/** A group as a client sends it. */
export function newGroup(displayName: string, members: readonly string[] = [], more: object = {}): object {
  return {
    schemas: [urns.group],
    displayName,
    members: members.map((value) => ({ value })),
    ...more,
  }
}

/** A PATCH of these operations. */
export function patchOf(...operations: readonly object[]): object {
  return { schemas: [urns.patch], Operations: operations }
}

/** A bulk request of these operations. */
export function bulkOf(operations: readonly object[], more: object = {}): object {
  return { schemas: [urns.bulk], Operations: operations, ...more }
}
