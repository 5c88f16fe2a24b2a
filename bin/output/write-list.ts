import type { CliContext } from '../context.ts'
import { type Column, openTable } from './table.ts'
import { writeLines, writeText } from './write.ts'

export interface ListOutput<Item> {
  /** The list's name in the JSON document, and in the sentence that says that it is empty. */
  readonly name: string
  readonly batches: AsyncIterable<readonly Item[]> | Iterable<readonly Item[]>
  readonly columns: readonly Column<Item>[]
  /** How many there are in all, where that is told. */
  readonly total?: number
}

/**
 * Prints a list while it is read: one JSON document `{"total": …, "NAME": […]}` with an item a line, or a table.
 * Memory stays flat however long it is.
 */
export async function writeList<Item>(context: CliContext, list: ListOutput<Item>): Promise<void> {
  await (context.globals.json ? writeJsonList(context, list) : writeTable(context, list))
}

async function writeJsonList<Item>({ io }: CliContext, list: ListOutput<Item>): Promise<void> {
  const total = list.total === undefined ? '' : `"total": ${list.total}, `
  await writeText(io.out, `{${total}${JSON.stringify(list.name)}: [`)
  let separator = '\n'
  for await (const batch of list.batches) {
    const items = batch.map((item) => JSON.stringify(item)).join(',\n')
    if (items === '') continue
    await writeText(io.out, separator + items)
    separator = ',\n'
  }
  await writeText(io.out, '\n]}\n')
}

async function writeTable<Item>({ io }: CliContext, list: ListOutput<Item>): Promise<void> {
  const table = openTable(list.columns)
  let shown = 0
  for await (const batch of list.batches) {
    if (batch.length === 0) continue
    shown += batch.length
    await writeLines(io.out, table.format(batch))
  }
  if (shown === 0) await writeLines(io.err, [`No ${list.name} found.`])
  if (list.total !== undefined && shown < list.total) {
    await writeLines(io.err, [`${shown} of ${list.total} shown; --limit 0 shows all.`])
  }
}
