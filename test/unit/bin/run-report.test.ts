import { describe, expect, it } from 'vitest'
import { describeRun } from '../../../bin/output/run-report.ts'
import type { Run } from '../../../domain/run.ts'
import type { ReadOutcome } from '../../../domain/source-row.ts'

const proved: ReadOutcome = {
  complete: true,
  why: null,
  entries: 1200,
  pages: 2,
  references: 0,
  server: 'OpenLDAP at 127.0.0.1:389',
  groups: { complete: true, entries: 3, unresolvedMembers: 1 },
  problems: [],
  problemCount: 0,
}

function runOf(read: ReadOutcome | null): Run {
  const none = { rightsGranted: 0, rightsRevoked: 0, enrolled: 7, replaced: 0, suspended: 0, resumed: 0 }
  return {
    id: '0198a7c0-0000-7000-8000-000000000001',
    source: 'corp',
    kind: 'full',
    status: 'completed',
    startedAt: '2026-04-01T00:00:00Z',
    endedAt: '2026-04-01T00:00:02Z',
    read,
    records: { added: 1200, changed: 0, unchanged: 0, missing: 0, returned: 0, notLinked: 0 },
    identities: { created: 1200, changed: 0, deactivated: 0, reactivated: 0 },
    effects: { ...none, removed: 0, held: 0, failed: 0 },
    brakes: [],
    unusable: { landline: 12, 'not-a-number': 30 },
    seconds: { read: 0.5, stage: 0.25, decide: 0.5, apply: 0.25, total: 1.5 },
    fault: null,
  }
}

describe('a run in words', () => {
  it('shows the proof of its read: who answered, pages, references, groups', () => {
    expect(describeRun(runOf(proved), 'whole')).toEqual([
      'corp: completed in 1.5 s',
      '  read: 1200 entries (1200 new, 0 changed, 0 unchanged), 1600 a second, complete',
      '  from: OpenLDAP at 127.0.0.1:389, 2 pages, no references to other servers',
      '  groups: 3 read wholly; 1 member neither among them nor among the people',
      '  proof: everything was read, so what was not there is missing',
      '  people: 1200 new',
      '  effects: 7 addresses enrolled',
      '  could not be used: 30 × not a phone number, 12 × a landline',
      '  seconds: 0.5 read, 0.3 stage, 0.5 decide, 0.3 apply',
    ])
  })

  it('shows why a read has no proof, by a code and a sentence, and every entry that could not be used', () => {
    const problems = [1, 2, 3, 4].map((line) => ({
      where: `line ${line}`,
      code: 'bad-row' as const,
      message: 'no columns',
    }))
    const why = { code: 'silent', message: '127.0.0.1:389 was silent for 30 s' } as const
    const groups = { complete: false, entries: 2, unresolvedMembers: 0 }
    const read = { ...proved, complete: false, why, groups, problems, problemCount: 250, references: 1 }
    const lines = describeRun(runOf(read), 'whole')
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/incomplete: 127\.0\.0\.1:389 was silent for 30 s$/),
        '  from: OpenLDAP at 127.0.0.1:389, 2 pages, 1 reference to other servers',
        '  groups: 2 read, not wholly: everybody keeps the groups that they have',
        '  proof: none (silent), so nothing is missing for not being there',
        '  line 4: no columns',
        '  … and 246 more that could not be used',
      ]),
    )
    // A summary keeps to three of them, and to the sentence.
    const summary = describeRun(runOf(read)).join('\n')
    expect(summary).toContain('line 3: no columns')
    expect(summary).not.toMatch(/line 4|proof:|seconds:/)
  })

  it('says of a run that read nothing what it did', () => {
    expect(describeRun(runOf(null), 'whole')[1]).toBe('  people: 1200 new')
    const nobody = { ...proved, complete: false, server: null, pages: 0, groups: null }
    expect(describeRun(runOf(nobody), 'whole')).toContain(
      '  from: nobody that answered, no pages, no references to other servers',
    )
  })
})
