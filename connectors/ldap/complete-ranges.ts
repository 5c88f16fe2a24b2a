import { SourceFault } from '../source-fault.ts'
import type { DecodedEntry, EntryDecoder, OpenRange } from './entry-decoder.ts'
import { anyEntry, encodeFilter } from './filter.ts'
import { readEntry } from './scan.ts'
import type { LdapSession } from './session.ts'

/**
 * Fetches the values that a server kept back: Active Directory gives large attributes in ranges. Returns the entry
 * with all of them. Throws SourceFault `range-incomplete` where the rest does not come: a group that is cut off
 * must not look whole.
 */
export async function completeRanges(
  session: LdapSession,
  entry: DecodedEntry,
  decoder: EntryDecoder,
): Promise<DecodedEntry> {
  const values = [...entry.values]
  let undecodable = entry.undecodable
  for (const range of entry.ranges) {
    const gathered = [...(values[range.slot] ?? [])]
    let open: OpenRange | undefined = range
    while (open) {
      const part = await readRange({ session, decoder, dn: entry.dn, range: open })
      for (const value of part.values) gathered.push(value)
      undecodable ??= part.undecodable
      open = part.open
    }
    values[range.slot] = gathered
  }
  return { dn: entry.dn, values, undecodable, ranges: [] }
}

interface RangeRequest {
  readonly session: LdapSession
  readonly decoder: EntryDecoder
  readonly dn: string
  readonly range: OpenRange
}

interface RangePart {
  readonly values: readonly string[]
  readonly undecodable: string | null
  /** What is missing still; undefined at the end. */
  readonly open: OpenRange | undefined
}

async function readRange(request: RangeRequest): Promise<RangePart> {
  const { session, range } = request
  const part = await readRangeEntry(request)
  const values = part?.values[range.slot]
  const open = part?.ranges.find((candidate) => candidate.slot === range.slot)
  const stuck = open !== undefined && (open.next <= range.next || values?.length === 0)
  if (!part || !values || stuck)
    throw new SourceFault(
      'range-incomplete',
      `${session.host}: the server gives only a part of ${range.attribute}`,
    )
  return { values, undecodable: part.undecodable, open }
}

/** Null where the entry is gone. */
async function readRangeEntry({ session, decoder, dn, range }: RangeRequest): Promise<DecodedEntry | null> {
  const attributes = [`${range.attribute};range=${range.next}-*`]
  const search = { base: dn, scope: 'base' as const, filter: encodeFilter(anyEntry), attributes }
  try {
    return await readEntry(session, search, decoder, `${range.attribute} from ${range.next} on`)
  } catch (error) {
    if (error instanceof SourceFault && error.code === 'base-not-found') return null
    throw error
  }
}
