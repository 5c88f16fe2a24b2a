import { describePushed } from '../../domain/describe-pushed.ts'
import { MusterError } from '../../domain/error.ts'
import { findNearest } from '../../domain/nearest.ts'
import type { Database } from '../database.ts'

/**
 * Sees that a source can be read: it is in the configuration, as the running stack's start wrote it. Throws
 * `source-unknown`, with the nearest known name, and `source-pushed` for one that brings its people by itself.
 */
export async function requireReadableSource(database: Database, source: string): Promise<void> {
  const known = await database('sources')
    .where({ configured: true })
    .orderBy('name')
    .select<{ name: string; type: string }[]>('name', 'type')
  const named = known.find(({ name }) => name === source)
  if (named?.type === 'scim')
    throw new MusterError('source-pushed', describePushed(source))
  if (named !== undefined) return
  const names = known.map(({ name }) => name)
  const nearest = findNearest(source, names)
  const hint = nearest === null ? `Known: ${names.join(', ')}.` : `Nearest known: ${nearest}.`
  throw new MusterError('source-unknown', `There is no source "${source}". ${hint}`)
}
