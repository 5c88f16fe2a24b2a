import { hash } from 'node:crypto'
import type { Clock } from '../domain/clock.ts'
import {
  type ReadEnd,
  type ReadOutcome,
  type RowProblem,
  type SourceRow,
  withFingerprint,
} from '../domain/source-row.ts'
import type { CopyMemory } from '../store/copy-text.ts'
import { canonicaliseRow, hashRow } from './canonical-row.ts'
import { derivationText } from './derivation.ts'
import { KnownRecords, type Sighting } from './known-records.ts'
import type { HashedRow } from './link-rows.ts'
import { fewRows, type MergeWorld, mergeRows } from './merge-rows.ts'
import { PreparedBirths } from './prepare-births.ts'
import { chooseMark } from './read-marks.ts'
import { recordOutcome } from './record-outcome.ts'
import { regroupRecords } from './regroup-records.ts'

/** A read that is under way: rows in batches, then how it ended. The shape of `FullReader.readAll`. */
type RowStream = AsyncGenerator<readonly SourceRow[], ReadEnd, void>

type Recognise = (externalId: string, fingerprint: Uint8Array) => boolean

export interface StageRequest {
  readonly runId: string
  readonly source: string
  /** Stable text of the source's mapping: part of every hash. */
  readonly mapping: string
  /** The source's `bringsGroups`. */
  readonly bringsGroups: boolean
  /** Opens the stream; `recognise` goes to the reader. */
  readonly rows: (recognise: Recognise) => RowStream
  /** Left out where the source can only be read wholly. The shape of `ChangesReader`. */
  readonly changes?: { readonly place: string; readonly rows: (mark: string) => RowStream }
  /** Called after each batch that reached the store, with entries read so far. */
  readonly onStaged: (entries: number) => void
}

/** Rows in one merge transaction. Twice as many took as long and 20 to 40 MB more: two batches stand as text at a time. */
const rowsInMerge = 2500
/** So many changed rows, or people, do not wait for a whole batch while PostgreSQL has nothing to do. */
const changesWorthMerging = 250
const birthsWorthMerging = 1000

/**
 * Brings a read into the store: only rows that are new or changed reach PostgreSQL; what was not seen is marked
 * missing, and only when the read is proved complete (architecture rule 8). Safe to run again from the start: rows
 * that an earlier attempt merged are unchanged then, and its counts are in the run already.
 *
 * A run of kind `changes` reads from where the read before it had come to: nobody is missing then, and nothing is
 * proved but that the next one may begin where this one ends.
 */
export async function stageRead(world: MergeWorld, request: StageRequest): Promise<ReadOutcome> {
  const started = world.clock().getTime()
  // Its digest: thousands of characters, and part of what is hashed of every row.
  const shape = hash('md5', `${request.mapping}\n${derivationText(world.derivation)}`, 'hex')
  const { runId, source, changes } = request
  const place = changes?.place ?? null
  const since = await chooseMark(world.store, { runId, source, place }, shape)
  const known = since === null ? await loadKnownRecords(world, source) : new KnownRecords()
  const staging = new Staging(world, { ...request, since, shape }, known)
  const { mark = null, groupsOf = null, ...read } = await staging.takeAll()
  const outcome = withDuplicates(read, staging.duplicates)
  const regrouped = groupsOf === null ? 0 : await regroupRecords(world, { runId, source, shape, groupsOf })
  await recordOutcome(world, { runId, source, place, shape, mark, since, regrouped }, outcome, staging, known)
  await world.store.runs.addToRun(world.store.database, request.runId, {
    seconds: secondsOf(world.clock, started, staging),
  })
  return outcome
}

async function loadKnownRecords(world: MergeWorld, source: string): Promise<KnownRecords> {
  const { hashes, database } = world.store
  // Grown step by step, the table would leave as much behind as it takes.
  const known = new KnownRecords(await hashes.expectRecords(database, source))
  await hashes.streamRecordHashes(database, source, (record) => known.load(record))
  return known
}

/** A request, and what became clear before it is read. */
interface StageOrder extends StageRequest {
  /** From where changes are read; null: everything is. */
  readonly since: string | null
  /** What a row's hash is made of beside the row. */
  readonly shape: string
}

class Staging {
  readonly duplicates: RowProblem[] = []
  readonly returned: string[] = []
  mergeMilliseconds = 0
  decideMilliseconds = 0
  entries = 0
  readonly #world: MergeWorld
  readonly #request: StageOrder
  readonly #known: KnownRecords
  readonly #shapeDigest: Buffer
  /** Those whose records were looked up, of a read of changes. */
  readonly #met = new Set<string>()
  /** Rows to be merged as they are. */
  #waiting: HashedRow[] = []
  /** How many of them are of known records. */
  #changed = 0
  /** The people of rows that no record is known for. */
  #births: PreparedBirths | null = null
  /** The merge under way: PostgreSQL works on one batch while the next is read. */
  #merging: Promise<void> = Promise.resolve()
  #isMerging = false
  /** Of the texts of all its batches. */
  readonly #memory: CopyMemory

  constructor(world: MergeWorld, request: StageOrder, known: KnownRecords) {
    this.#world = world
    this.#request = request
    this.#known = known
    this.#memory = world.store.births.openCopyMemory()
    this.#shapeDigest = Buffer.from(request.shape, 'hex')
  }

  async takeAll(): Promise<ReadEnd> {
    const rows = this.#open()
    try {
      for (;;) {
        const step = await rows.next()
        if (step.done === true) {
          await this.#flush()
          await this.#merging
          return step.value
        }
        if (this.#request.since !== null) await this.#lookUp(step.value)
        await this.#prepare(step.value.flatMap((row) => this.#take(canonicaliseRow(row)) ?? []))
        if (this.#isWorthMerging()) await this.#flush()
      }
    } catch (error) {
      // Whichever failed, reader or store: the other ends before the fault is passed on.
      await this.#merging.catch(() => undefined)
      await rows.return({ ...emptyOutcome }).catch(() => undefined)
      throw error
    }
  }

  #open(): RowStream {
    const { rows, changes, since } = this.#request
    if (changes !== undefined && since !== null) return changes.rows(since)
    return rows((externalId, fingerprint) => this.#recognise(externalId, fingerprint))
  }

  /** Of changes few records are met: only they are loaded. */
  async #lookUp(rows: readonly SourceRow[]): Promise<void> {
    const ids = rows.map(({ externalId }) => externalId).filter((id) => !this.#met.has(id))
    for (const id of ids) this.#met.add(id)
    const { hashes, database } = this.#world.store
    for (const record of await hashes.readRecordHashes(database, this.#request.source, ids))
      this.#known.load(record)
  }

  #recognise(externalId: string, fingerprint: Uint8Array): boolean {
    const isKnown = this.#known.isAnyKnown && this.#known.recognise(externalId, this.#mix(fingerprint))
    if (isKnown) this.entries += 1
    return isKnown
  }

  /** The same entry under another mapping is another row. */
  #mix(fingerprint: Uint8Array): Buffer {
    const mixed = Buffer.allocUnsafe(fingerprint.length)
    for (let at = 0; at < mixed.length; at++)
      mixed[at] = (fingerprint[at] ?? 0) ^ (this.#shapeDigest[at] ?? 0)
    return mixed
  }

  /** Answers the row where no record is known for it. */
  #take(given: SourceRow): HashedRow | null {
    this.entries += 1
    const row = given.fingerprint == null ? given : withFingerprint(given, this.#mix(given.fingerprint))
    const rowHash = hashRow(row, this.#request.shape)
    const sighting: Sighting = this.#known.see(row.externalId, rowHash)
    const hashed = { row, hash: rowHash }
    if (sighting === 'new') return hashed
    if (sighting === 'changed') {
      this.#waiting.push(hashed)
      this.#changed += 1
    }
    if (sighting === 'returned') this.returned.push(row.externalId)
    if (sighting === 'duplicate') {
      this.duplicates.push({
        where: row.externalId,
        code: 'duplicate-id',
        message: 'The same external id was read twice; the first entry counts.',
      })
    }
    return null
  }

  /** While PostgreSQL works on the batch before: afterwards nothing of these rows has to be kept. */
  async #prepare(fresh: readonly HashedRow[]): Promise<void> {
    if (fresh.length === 0) return
    const started = performance.now()
    this.#births ??= await this.#openBirths()
    if (this.#births === null) {
      this.#waiting.push(...fresh)
      return
    }
    this.#waiting.push(...(await this.#births.add(fresh)))
    this.decideMilliseconds += performance.now() - started
  }

  async #openBirths(): Promise<PreparedBirths | null> {
    const decider = (await this.#world.decider?.()) ?? null
    return decider === null ? null : new PreparedBirths(this.#world, decider, this.#request, this.#memory)
  }

  #isWorthMerging(): boolean {
    const births = this.#births?.size ?? 0
    if (this.#waiting.length + births >= rowsInMerge) return true
    return !this.#isMerging && (this.#changed >= changesWorthMerging || births >= birthsWorthMerging)
  }

  async #flush(): Promise<void> {
    const rows = this.#waiting
    let births = this.#births
    // So few are merged beside other writers, which what was prepared is not.
    if (births !== null && births.size <= fewRows) {
      rows.push(...births.rowsOf(births.births.values()))
      births = null
    }
    this.#waiting = []
    this.#changed = 0
    this.#births = null
    await this.#merging
    this.#merging = this.#merge(rows, births)
    // A failure is thrown where it is awaited; without this it would also be an unhandled rejection meanwhile.
    this.#merging.catch(() => undefined)
  }

  async #merge(batch: readonly HashedRow[], births: PreparedBirths | null): Promise<void> {
    const started = performance.now()
    const { source, runId, bringsGroups, shape } = this.#request
    this.#isMerging = true
    await mergeRows(
      this.#world,
      { source, runId, births, ...(bringsGroups ? { keepsGroups: shape } : {}) },
      batch,
    )
    this.#isMerging = false
    births?.texts.release()
    this.mergeMilliseconds += performance.now() - started
    this.#request.onStaged(this.entries)
  }
}

const emptyOutcome: ReadOutcome = {
  complete: false,
  why: null,
  entries: 0,
  pages: 0,
  references: 0,
  server: null,
  groups: null,
  problems: [],
  problemCount: 0,
}

function withDuplicates(read: ReadOutcome, duplicates: readonly RowProblem[]): ReadOutcome {
  if (duplicates.length === 0) return read
  return {
    ...read,
    complete: false,
    why: read.why ?? { code: 'duplicate-id', message: `${duplicates.length} external ids were read twice.` },
    problems: [...read.problems, ...duplicates].slice(0, 100),
    problemCount: read.problemCount + duplicates.length,
  }
}

/** Merges go on beside the read, so the parts overlap: what is left of the whole is the read's. */
function secondsOf(
  clock: Clock,
  started: number,
  { mergeMilliseconds, decideMilliseconds }: Staging,
): Readonly<Record<string, number>> {
  const total = (clock().getTime() - started) / 1000
  const stage = Math.min(total, mergeMilliseconds / 1000)
  return {
    read: round(Math.max(0, total - stage)),
    stage: round(stage),
    ...(decideMilliseconds > 0 ? { decide: round(decideMilliseconds / 1000) } : {}),
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
