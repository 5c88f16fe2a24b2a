import { expect, it } from 'vitest'
import type { PullSource } from '../../connectors/connector.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import type { SourceRow } from '../../domain/source-row.ts'
import { readAll } from '../support/read-all.ts'

/**
 * What every source that is pulled has to keep, whatever it speaks. `open` gives a source of the organization in
 * test/support/organization.ts (a CSV file has the same people, and no groups), `openBroken` one that cannot be
 * read at all.
 */
export function describePullSource(open: () => PullSource, openBroken: () => PullSource): void {
  it('reads everybody with a proof', async () => {
    const { rows, outcome } = await readAll(open())
    expect(outcome).toMatchObject({ complete: true, why: null, entries: 5, references: 0, problemCount: 0 })
    expect(rows.map((row) => row.attributes.userName).sort()).toEqual([
      'anna',
      'bela',
      'cleo',
      'dora',
      'emil',
    ])
    expect(outcome.server).toEqual(expect.any(String))
  })

  it('gives every person an external id of their own, the same in every read', async () => {
    const [first, second] = [await readAll(open()), await readAll(open())]
    const ids = first.rows.map((row) => row.externalId)
    expect(new Set(ids).size).toBe(5)
    expect(second.rows.map((row) => row.externalId).sort()).toEqual([...ids].sort())
  })

  it('yields the same rows in every read', async () => {
    const sort = async () =>
      (await readAll(open())).rows.toSorted((a, b) => (a.externalId < b.externalId ? -1 : 1))
    expect(await sort()).toEqual(await sort())
  })

  it('maps to canonical attributes, beyond ASCII too, and leaves out what is not there', async () => {
    const { rows } = await readAll(open())
    const bela = rows.find((row) => row.attributes.userName === 'bela')
    expect(bela?.attributes).toMatchObject({
      displayName: 'Béla Kovács',
      name: { familyName: 'Kovács' },
      emails: [{ value: 'bela@example.org', type: 'work', primary: true }],
      [enterpriseUrn]: { employeeNumber: 'n-bela' },
    })
    const emil = rows.find((row) => row.attributes.userName === 'emil')
    expect(emil?.attributes.displayName).toBe('山田 太郎')
    expect(Object.keys(emil?.attributes ?? {})).not.toContain('emails')
    expect(Object.keys(emil?.attributes ?? {})).not.toContain('title')
  })

  it('says who is inactive, and which country numbers are from', async () => {
    const { rows } = await readAll(open())
    const inactive = rows.filter((row) => !row.active).map((row) => row.attributes.userName)
    expect(inactive).toEqual(['dora'])
    expect(new Set(rows.map((row) => row.country))).toEqual(new Set(['DE']))
  })

  it('reports its progress in counts', async () => {
    const entries: number[] = []
    await readAll(open(), {
      onProgress: (progress) => progress.phase === 'people' && entries.push(progress.entries),
    })
    expect(entries.at(-1)).toBe(5)
  })

  it('does not yield an entry that its caller knows by its fingerprint, and counts it as read', async () => {
    const first = await readAll(open(), { recognise: () => false })
    const known = new Map(
      first.rows.flatMap(({ externalId, fingerprint }) =>
        fingerprint == null ? [] : [[externalId, Buffer.from(fingerprint)]],
      ),
    )
    const asked: string[] = []
    const second = await readAll(open(), {
      recognise: (externalId, fingerprint) => {
        asked.push(externalId)
        return known.get(externalId)?.equals(fingerprint) ?? false
      },
    })
    // Who cannot tell gives no fingerprint, and is never asked.
    expect(asked.toSorted()).toEqual([...known.keys()].sort())
    expect({ ...second.outcome, server: '' }).toEqual({ ...first.outcome, server: '' })
    expect(second.rows).toEqual(first.rows.filter(({ externalId }) => !known.has(externalId)))
  })

  it('yields the same rows to a caller that knows nobody as to one that does not ask', async () => {
    const sort = (rows: readonly SourceRow[]) =>
      rows.map(({ fingerprint: _, ...row }) => row).sort((a, b) => (a.externalId < b.externalId ? -1 : 1))
    const asking = await readAll(open(), { recognise: () => false })
    expect(sort(asking.rows)).toEqual(sort((await readAll(open())).rows))
  })

  it('throws the reason of the signal when it is cancelled before and during a read', async () => {
    const early = AbortSignal.abort(new Error('not today'))
    await expect(readAll(open(), { signal: early })).rejects.toThrow('not today')
    const controller = new AbortController()
    const reading = open().readAll({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(reading.next()).rejects.toThrow('enough')
  })

  it('returns an incomplete outcome with a reason where nothing can be read', async () => {
    const { rows, outcome } = await readAll(openBroken())
    expect(rows).toEqual([])
    expect(outcome.complete).toBe(false)
    expect(outcome.why).toEqual({ code: expect.any(String), message: expect.any(String) })
  })

  it('has a live test that says what was found, or the first fault', async () => {
    const { signal } = new AbortController()
    expect(await open().test(signal)).toMatchObject({
      ok: true,
      message: expect.stringMatching(/^5 people found/),
    })
    const broken = await openBroken().test(signal)
    expect(broken.ok).toBe(false)
    expect(broken.message).not.toBe('')
  })

  it('describes its mapping by a text that changes with it only', () => {
    expect(open().mapping).toBe(open().mapping)
    expect(open().mapping).toContain('employeeNumber')
  })
}
