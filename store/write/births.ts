import type { Effect } from '../../domain/effect.ts'
import { copyTables } from '../copy-tables.ts'
import { CopyMemory, type CopyTable, CopyText, RowWriter, type Stretch } from '../copy-text.ts'
import type { Transaction } from '../database.ts'
import { type AuditEvent, auditEventRows } from './audit-events.ts'
import { keyRows, type RecordKey } from './correlation.ts'
import { type EnrollmentOf, enrollmentRows } from './enrollments.ts'
import { type DecidedIdentity, decidedStateRows, identityRows } from './identities.ts'
import { type RightOf, rightRows } from './rights.ts'
import { readRecordRow, recordRows, type StoredRecord } from './source-records.ts'

/** Somebody who is not there yet: the record that makes them, all that was decided, and the event that says so. */
export interface NewPerson extends DecidedIdentity {
  readonly record: StoredRecord
  readonly keys: readonly RecordKey[]
  readonly effects: readonly Effect[]
  /** Null where nothing came of the decision. */
  readonly event: AuditEvent | null
}

/** When all were decided, by what, and in which run. */
interface DecidedAt {
  readonly at: Date
  readonly policySet: string
  readonly runId: string
}

/** Rows of one table, and where those of each person end. */
class BirthRows<Item> {
  readonly table: CopyTable<Item>
  readonly text: CopyText
  readonly #writer: RowWriter<Item>
  readonly #ends: number[] = []

  constructor(table: CopyTable<Item>, memory: CopyMemory) {
    this.table = table
    this.#writer = new RowWriter(table)
    this.text = new CopyText(memory)
  }

  add(item: Item): void {
    this.text.append(this.#writer.write(item))
  }

  endPerson(): void {
    this.#ends.push(this.text.end)
  }

  /** The row of one person, of a table where each has one. */
  rowOf(place: number): string {
    const stretch = [this.#ends[place - 1] ?? 0, this.#ends[place] ?? 0] as const
    return Buffer.concat([...this.text.pieces([stretch])]).toString()
  }

  /** The stretches of these people, by ascending place; those side by side are one. */
  stretchesOf(places: readonly number[]): readonly Stretch[] {
    const stretches: Stretch[] = []
    let [from, to] = [0, 0]
    for (const place of places) {
      const start = this.#ends[place - 1] ?? 0
      if (start !== to) {
        if (to > from) stretches.push([from, to])
        from = start
      }
      to = this.#ends[place] ?? start
    }
    if (to > from) stretches.push([from, to])
    return stretches
  }
}

/**
 * The rows of people who are not there yet, as text: written while they are prepared, so that nothing else of them has
 * to be kept until their transaction.
 */
export class BirthTexts {
  readonly #keys: BirthRows<RecordKey>
  readonly #records: BirthRows<StoredRecord>
  readonly #identities: BirthRows<DecidedIdentity['identity']>
  readonly #states: BirthRows<DecidedIdentity>
  readonly #rights: BirthRows<RightOf>
  readonly #enrollments: BirthRows<EnrollmentOf>
  readonly #events: BirthRows<AuditEvent>
  /** All of them, in the order in which they are written. */
  readonly tables: readonly Pick<BirthRows<never>, 'table' | 'text' | 'stretchesOf' | 'endPerson'>[]
  #people = 0

  constructor(decided: DecidedAt, memory: CopyMemory) {
    this.#keys = new BirthRows(keyRows, memory)
    this.#records = new BirthRows(recordRows(decided), memory)
    this.#identities = new BirthRows(identityRows(decided.at), memory)
    this.#states = new BirthRows(decidedStateRows(decided), memory)
    this.#rights = new BirthRows(rightRows, memory)
    this.#enrollments = new BirthRows(enrollmentRows, memory)
    this.#events = new BirthRows(auditEventRows, memory)
    this.tables = [
      this.#keys,
      this.#records,
      this.#identities,
      this.#states,
      this.#rights,
      this.#enrollments,
      this.#events,
    ]
  }

  /** Writes somebody down; answers their place. */
  add(person: NewPerson): number {
    const { record, keys, identity, effects, event } = person
    for (const key of keys) this.#keys.add(key)
    this.#records.add(record)
    this.#identities.add(identity)
    this.#states.add(person)
    for (const { after } of effects) {
      if (after === null) continue
      if ('key' in after) this.#enrollments.add({ identityId: identity.id, row: after })
      else this.#rights.add({ identityId: identity.id, right: after })
    }
    if (event !== null) this.#events.add(event)
    for (const rows of this.tables) rows.endPerson()
    this.#people += 1
    return this.#people - 1
  }

  /** What their source said of somebody, where it has to be looked at again. */
  recordOf(place: number): ReturnType<typeof readRecordRow> {
    return readRecordRow(this.#records.rowOf(place))
  }

  /** Gives the memory back. Only when no transaction needs them any more. */
  release(): void {
    for (const { text } of this.tables) text.release()
  }
}

/** `memory`: of the whole read, so that the texts of one batch stand where those of another stood. */
export function openBirthTexts(decided: DecidedAt, memory: CopyMemory): BirthTexts {
  return new BirthTexts(decided, memory)
}

export function openCopyMemory(): CopyMemory {
  return new CopyMemory()
}

/** Whom of those that were written down, and how many effects of each operation that is. */
export interface BornPerson {
  readonly place: number
  readonly operations: OperationCounts
}

export type OperationCounts = ReadonlyMap<Effect['op'], number>

/** Puts people into their tables, who were written down and whom nobody else can know of yet. */
export async function insertBirths(
  trx: Transaction,
  texts: BirthTexts,
  born: readonly BornPerson[],
): Promise<void> {
  const places = born.map(({ place }) => place).sort((left, right) => left - right)
  const ready = texts.tables.map((rows) => ({
    table: rows.table,
    pieces: [...rows.text.pieces(rows.stretchesOf(places))],
  }))
  await copyTables(
    trx,
    ready.filter(({ pieces }) => pieces.length > 0),
  )
}
