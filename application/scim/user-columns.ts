import { foldKey } from '../../domain/fold-key.ts'
import type { ScimDocument } from '../../domain/scim-resource.ts'
import type { ScimAddressKey, ScimUserRow } from '../../store/write/scim-users.ts'

/** What the tables keep of a user beside the document. Every key is folded here and nowhere in SQL. */
export function columnsOfUser(id: string, document: ScimDocument): ScimUserRow {
  return {
    id,
    userNameKey: foldKey(String(document['userName'])),
    externalId: textOf(document['externalId']),
    displayNameKey: foldedOf(document['displayName']),
    active: document['active'] !== false,
    document,
    addresses: [
      ...addressKeys('emails', document['emails']),
      ...addressKeys('phoneNumbers', document['phoneNumbers']),
    ],
  }
}

function addressKeys(attribute: ScimAddressKey['attribute'], values: unknown): readonly ScimAddressKey[] {
  if (!Array.isArray(values)) return []
  const keys = values.flatMap((element: { readonly value?: unknown }) => foldedOf(element.value) ?? [])
  return [...new Set(keys)].map((key) => ({ attribute, key }))
}

function foldedOf(value: unknown): string | null {
  const text = textOf(value)
  return text === null ? null : foldKey(text)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
