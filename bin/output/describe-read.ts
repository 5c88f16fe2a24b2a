import type { Run } from '../../domain/run.ts'
import type { ReadOutcome } from '../../domain/source-row.ts'

/** Entries that could not be used, in a summary. */
const problemsInSummary = 3

/**
 * What a run read, in words. `summary`: how much, how fast, and the proof or why there is none. `whole` adds what
 * makes the proof (who answered, pages, references, groups) and every entry that could not be used and is kept.
 */
export function describeRead(
  { read, records, seconds }: Run,
  detail: 'summary' | 'whole',
): readonly string[] {
  if (read === null) return []
  const rate =
    seconds.read + seconds.stage > 0 ? Math.round(read.entries / (seconds.read + seconds.stage)) : 0
  const proof = read.complete ? 'complete' : `incomplete: ${read.why?.message ?? 'no reason given'}`
  const counts = `${records.added} new, ${records.changed} changed, ${records.unchanged} unchanged`
  const listed = detail === 'whole' ? read.problems : read.problems.slice(0, problemsInSummary)
  const problems = listed.map(({ where, message }) => `  ${where}: ${message}`)
  return [
    `  read: ${read.entries} entries (${counts}), ${rate} a second, ${proof}`,
    ...(detail === 'whole' ? describeProof(read) : []),
    ...problems,
    ...(detail === 'whole' && read.problemCount > listed.length
      ? [`  … and ${read.problemCount - listed.length} more that could not be used`]
      : []),
  ]
}

function describeProof({ complete, why, server, pages, references, groups }: ReadOutcome): readonly string[] {
  return [
    `  from: ${server ?? 'nobody that answered'}, ${count(pages, 'page')}, ${count(references, 'reference')} to other servers`,
    ...(groups === null ? [] : [describeGroups(groups)]),
    complete
      ? '  proof: everything was read, so what was not there is missing'
      : `  proof: none (${why?.code ?? 'unknown'}), so nothing is missing for not being there`,
  ]
}

function describeGroups({
  complete,
  entries,
  unresolvedMembers,
}: NonNullable<ReadOutcome['groups']>): string {
  if (!complete) return `  groups: ${entries} read, not wholly: everybody keeps the groups that they have`
  const strangers =
    unresolvedMembers === 0
      ? ''
      : `; ${count(unresolvedMembers, 'member')} neither among them nor among the people`
  return `  groups: ${entries} read wholly${strangers}`
}

function count(number: number, word: string): string {
  return `${number === 0 ? 'no' : number} ${word}${number === 1 ? '' : 's'}`
}
