import type { Actor } from '../domain/actor.ts'
import { MusterError } from '../domain/error.ts'
import type { Transaction } from '../store/database.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import type { HashedRow } from './link-rows.ts'
import { type MergeWorld, mergeRowsIn } from './merge-rows.ts'
import { recomposeIdentities } from './recompose-identities.ts'

export interface CorrelationWord {
  readonly kind: 'link' | 'unlink'
  readonly source: string
  readonly externalId: string
  readonly identityId: string
  readonly actor: Actor
  readonly reason: string | null
}

/**
 * A person's word on which identity a record belongs to: it survives every run. Unlinking correlates the record
 * anew, with that identity out of the question. Answers the identity that the record belongs to afterwards, or null
 * where its correlation is ambiguous.
 */
export async function overrideCorrelation(world: MergeWorld, word: CorrelationWord): Promise<string | null> {
  const { store } = world
  const { source } = word
  const now = world.clock()
  return store.transaction(async (trx) => {
    await store.correlation.lockCorrelation(trx)
    const [record] = await store.records.readRecords(trx, source, [
      (await store.scimUsers.findByExternalId(trx, source, word.externalId)) ?? word.externalId,
    ])
    if (record === undefined) throw new MusterError('not-found', `The source ${source} holds no such record.`)
    const [identity] = await store.identities.readIdentities(trx, [word.identityId])
    if (identity === undefined) throw new MusterError('not-found', 'There is no such identity.')
    if (word.kind === 'unlink' && record.identityId !== word.identityId) {
      throw new MusterError('usage', 'The record is not linked to this identity.')
    }
    if (word.kind === 'link' && record.deletedAt !== null) {
      throw new MusterError('usage', 'The source has deleted this record: there is nothing to link.')
    }
    await store.correlation.putOverride(
      trx,
      { ...word, externalId: record.externalId },
      word.actor,
      word.reason,
      now,
    )
    const linked = await correlateAnew(trx, world, record)
    if (record.identityId !== null && record.identityId !== linked) {
      await recomposeIdentities(trx, world, [record.identityId], { at: now, reason: 'manual', runId: null })
    }
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'correlation-overridden',
        actor: word.actor,
        identityId: word.identityId,
        runId: null,
        policySet: null,
        effects: null,
        reason: word.reason,
        detail: {
          kind: word.kind,
          source,
          record: record.id,
          before: record.identityId,
          after: linked,
        },
      },
    ])
    return linked
  })
}

/** What is left of a deleted record goes: it keeps nobody off any more. */
async function correlateAnew(
  trx: Transaction,
  world: MergeWorld,
  record: StoredRecord,
): Promise<string | null> {
  const { source, externalId } = record
  if (record.deletedAt !== null) {
    await world.store.correlation.replaceKeys(trx, source, [externalId], [])
    await world.store.records.deleteRecord(trx, source, externalId)
    return null
  }
  await world.store.records.unlinkRecord(trx, source, externalId)
  const row: HashedRow = { row: { ...record }, hash: record.hash }
  const { links } = await mergeRowsIn(trx, world, { source, runId: null }, [row])
  return links.get(externalId) ?? null
}
