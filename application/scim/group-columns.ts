import { foldKey } from '../../domain/fold-key.ts'
import type { ScimDocument } from '../../domain/scim-resource.ts'
import type { ScimGroupRow } from '../../store/write/scim-groups.ts'

/** What the table keeps of a group beside the document. */
export function columnsOfGroup(id: string, document: ScimDocument): ScimGroupRow {
  const displayName = String(document['displayName'])
  const externalId = document['externalId']
  return {
    id,
    displayName,
    displayNameKey: foldKey(displayName),
    externalId: typeof externalId === 'string' ? externalId : null,
    document,
  }
}
