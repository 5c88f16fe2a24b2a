import { describePushed } from '../../domain/describe-pushed.ts'
import { MusterError } from '../../domain/error.ts'
import { findNearest } from '../../domain/nearest.ts'
import { typesWithChanges } from '../../domain/source-types.ts'
import type { Database } from '../database.ts'

/**
 * Sees that a source can be read: it is in the configuration, as the running stack's start wrote it. Throws
 * `source-unknown`, with the nearest known name, `source-pushed` for one that brings its people by itself, and `usage`
 * where changes are asked of one that can only be read wholly.
 */
export async function requireReadableSource(
  database: Database,
  source: string,
  kind: 'full' | 'changes',
): Promise<void> {
  const known = await database('sources')
    .where({ configured: true })
    .orderBy('name')
    .select<{ name: string; type: string }[]>('name', 'type')
  const named = known.find(({ name }) => name === source)
  if (named?.type === 'scim') throw new MusterError('source-pushed', describePushed(source))
  if (named !== undefined) return requireChanges(named.type, kind)
  const names = known.map(({ name }) => name)
  const nearest = findNearest(source, names)
  const hint = nearest === null ? `Known: ${names.join(', ')}.` : `Nearest known: ${nearest}.`
  throw new MusterError('source-unknown', `There is no source "${source}". ${hint}`)
}

function requireChanges(type: string, kind: 'full' | 'changes'): void {
  if (kind === 'full' || typesWithChanges.has(type)) return
  throw new MusterError('usage', `Sources of type ${type} cannot read changes alone: ask for a full run.`)
}
