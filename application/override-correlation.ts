import type { Actor } from '../domain/actor.ts'
import { MusterError } from '../domain/error.ts'
import type { HashedRow } from './link-rows.ts'
import { type MergeWorld, mergeRowsIn, recomposeIdentities } from './merge-rows.ts'

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
  const { source, externalId } = word
  const now = world.clock()
  return store.transaction(async (trx) => {
    await store.records.lockCorrelation(trx)
    const [record] = await store.records.readRecords(trx, source, [externalId])
    if (record === undefined) throw new MusterError('not-found', `The source ${source} holds no such record.`)
    const [identity] = await store.identities.readIdentities(trx, [word.identityId])
    if (identity === undefined) throw new MusterError('not-found', 'There is no such identity.')
    if (word.kind === 'unlink' && record.identityId !== word.identityId) {
      throw new MusterError('usage', 'The record is not linked to this identity.')
    }
    await store.records.putOverride(trx, word, word.actor, word.reason, now)
    await store.records.unlinkRecord(trx, source, externalId)
    const row: HashedRow = { row: { ...record }, hash: record.hash }
    const [linked] = await mergeRowsIn(trx, world, { source, runId: null }, [row])
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
          after: linked ?? null,
        },
      },
    ])
    return linked ?? null
  })
}
