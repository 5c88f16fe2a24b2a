import { describe, expect, test } from 'vitest'
import { openTable } from '../../../bin/output/table.ts'

interface Row {
  readonly name: string
  readonly count: number | null
}
const columns = [
  { title: 'NAME', value: ({ name }: Row) => name },
  { title: 'COUNT', value: ({ count }: Row) => count },
]

describe('a table', () => {
  test('aligns its columns under one header, a dash for what is absent', () => {
    const table = openTable(columns)
    expect(
      table.format([
        { name: 'corporate', count: 1 },
        { name: 'hr', count: null },
      ]),
    ).toEqual(['NAME       COUNT', 'corporate  1', 'hr         -'])
  })

  test('goes on in the same columns with the next batch, without a second header', () => {
    const table = openTable(columns)
    table.format([{ name: 'corporate', count: 1 }])
    expect(table.format([{ name: 'hr', count: 2 }])).toEqual(['hr         2'])
  })

  test('shows control characters of a directory as what they are', () => {
    const [, row] = openTable(columns).format([{ name: 'a\u001b[31m\nb\u202ec', count: 0 }])
    expect(row).toBe('a\ufffd[31m\ufffdb\ufffdc  0')
  })
})
