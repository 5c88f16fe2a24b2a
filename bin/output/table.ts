import { printable } from './write.ts'

export interface Column<Item> {
  readonly title: string
  /** Null is shown as a dash. */
  readonly value: (item: Item) => string | number | null
}

/** Makes the lines of a table, batch by batch. */
export interface TableLines<Item> {
  /** The lines of a batch; the first one brings the header. Widths are those of the first batch or wider. */
  format(items: readonly Item[]): readonly string[]
}

/** A table as kubectl prints one: upper-case titles, columns aligned, two spaces apart, no lines. */
export function openTable<Item>(columns: readonly Column<Item>[]): TableLines<Item> {
  const widths = columns.map(({ title }) => title.length)
  let headed = false
  return {
    format: (items) => {
      const rows = items.map((item) => columns.map(({ value }) => cellText(value(item))))
      if (!headed) rows.unshift(columns.map(({ title }) => title))
      headed = true
      for (const row of rows) {
        for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
      }
      return rows.map((row) => alignRow(row, widths))
    },
  }
}

function alignRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
    .join('  ')
    .trimEnd()
}

function cellText(value: string | number | null): string {
  return value === null || value === '' ? '-' : printable(String(value))
}

function widthOf(text: string): number {
  return [...text].length
}
