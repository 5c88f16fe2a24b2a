import { validate as isUuid } from 'uuid'
import { MusterError } from '../../domain/error.ts'
import { foldKey } from '../../domain/fold-key.ts'
import { describeLinkFault } from '../../domain/link-fault.ts'
import type { Database } from '../database.ts'
import { bindRecordName, namedRecords } from './find-record.ts'

/**
 * Finds the one identity that a person names: by its id, its userName (any case and width), or
 * `SOURCE:externalId` (the id that the source gives the person, as a SCIM client too may). Returns the id. `not-found` where nothing answers to the name, `ambiguous-identity`, with the
 * list, where several do. An identity that no record is linked to any more (a person unlinked the
 * last) does not make a name ambiguous: it steps back behind those that have records.
 */
export async function findIdentity(database: Database, who: string): Promise<string> {
  const found = preferLinked(await findCandidates(database, who))
  const [first, second] = found
  if (first === undefined) throw await explainNotFound(database, who)
  if (second === undefined) return first.id
  const list = found.map(({ id, sources }) => `${id} (${sources.join(', ') || 'no source'})`).join(', ')
  const many = found.length > listed ? `more than ${listed}` : String(found.length)
  throw new MusterError(
    'ambiguous-identity',
    `${who} names ${many} identities; say which by its id: ${list}.`,
  )
}

interface Candidate {
  readonly id: string
  readonly sources: readonly string[]
}

/** Identities named in the fault at most. */
const listed = 10

async function findCandidates(database: Database, who: string): Promise<readonly Candidate[]> {
  const record = splitRecordName(who)
  const { rows } = await database.raw<{ rows: Candidate[] }>(
    `select id, sources from identities where id = ?
     union select id, sources from identities where user_name_key = ?
     union select id, sources from identities
       where id in (select identity_id from (${namedRecords}) named)
     order by id limit ?`,
    [isUuid(who) ? who : null, foldKey(who), ...bindRecordName(record), listed + 1],
  )
  return rows
}

function preferLinked(candidates: readonly Candidate[]): readonly Candidate[] {
  const linked = candidates.filter(({ sources }) => sources.length > 0)
  return linked.length > 0 ? linked : candidates
}

/** A record that is known but linked to nobody is no typing mistake, so its fault is told. */
async function explainNotFound(database: Database, who: string): Promise<MusterError> {
  const record = splitRecordName(who)
  if (record !== null) {
    const { rows } = await database.raw<{ rows: { link_fault: string | null }[] }>(
      `select link_fault from (${namedRecords}) named limit 1`,
      [...bindRecordName(record)],
    )
    const [known] = rows
    if (known !== undefined) {
      const why = known.link_fault === null ? '' : `: ${describeLinkFault(known.link_fault)}`
      return new MusterError('not-found', `The record ${who} is linked to no identity${why}.`)
    }
  }
  return new MusterError(
    'not-found',
    `No identity answers to ${who}; give an id, a userName or SOURCE:externalId.`,
  )
}

function splitRecordName(who: string): { source: string; externalId: string } | null {
  const colon = who.indexOf(':')
  if (colon < 1 || colon === who.length - 1) return null
  return { source: who.slice(0, colon), externalId: who.slice(colon + 1) }
}
