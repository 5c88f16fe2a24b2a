import { isStorable } from '../../domain/storable-text.ts'
import { SourceFault } from '../source-fault.ts'
import { pickValue, SlotTable } from '../source-values.ts'
import { completeRanges } from './complete-ranges.ts'
import { type DecodedEntry, EntryDecoder } from './entry-decoder.ts'
import { encodeFilter } from './filter.ts'
import type { GroupSettings } from './flavor.ts'
import { Membership } from './membership.ts'
import { scanPages } from './scan.ts'
import type { LdapSession } from './session.ts'

export interface GroupsRead {
  readonly membership: Membership
  /** Why absence of a group or a membership means nothing, or null. */
  readonly fault: SourceFault | null
}

/**
 * Reads every group with its members. What the server did wrong ends the read and is returned with what was read
 * until then; a fault that ended the connection is thrown by whoever uses it next.
 */
export async function readGroups(
  session: LdapSession,
  settings: GroupSettings,
  options: {
    readonly pageSize: number
    readonly domainScope: boolean
    readonly onPage: (entries: number) => void
  },
): Promise<GroupsRead> {
  const reader = new GroupReader(session, settings)
  try {
    await reader.read(options)
    return { membership: reader.membership, fault: reader.findFault() }
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error
    return { membership: reader.membership, fault: error }
  }
}

class GroupReader {
  readonly membership: Membership
  readonly #session: LdapSession
  readonly #settings: GroupSettings
  readonly #slots = new SlotTable(true)
  readonly #nameSlot: number
  readonly #memberSlot: number
  readonly #sidSlot: number | null
  readonly #decoder: EntryDecoder
  #problem: SourceFault | null = null
  #references = 0

  constructor(session: LdapSession, settings: GroupSettings) {
    this.#session = session
    this.#settings = settings
    this.membership = new Membership(settings.nested)
    this.#nameSlot = this.#slots.slotOf(settings.name)
    this.#memberSlot = this.#slots.slotOf(settings.member)
    this.#sidSlot = settings.primaryGroups ? this.#slots.slotOf('objectSid') : null
    this.#decoder = new EntryDecoder(this.#slots.names, true)
  }

  async read(options: {
    pageSize: number
    domainScope: boolean
    onPage: (entries: number) => void
  }): Promise<void> {
    const { base, scope, filter } = this.#settings
    const { pageSize, domainScope } = options
    const search = { base, scope, filter: encodeFilter(filter), attributes: this.#slots.names, domainScope }
    const cutOff: DecodedEntry[] = []
    const convert = (entry: DecodedEntry): void => {
      if (entry.ranges.length > 0) cutOff.push(entry)
      else this.#add(entry)
    }
    const scan = {
      decoder: this.#decoder,
      convert,
      pageSize,
      what: base,
      readAhead: true,
      decodeAt: 'arrival' as const,
    }
    for await (const page of scanPages(this.#session, search, scan)) {
      this.#references += page.references
      options.onPage(page.entries)
    }
    for (const entry of cutOff) this.#add(await completeRanges(this.#session, entry, this.#decoder))
  }

  /** What a read that came to its end still lacks. */
  findFault(): SourceFault | null {
    const { base, allowEmpty } = this.#settings
    if (this.#problem) return this.#problem
    if (this.#references > 0)
      return new SourceFault(
        'referral',
        `${base}: the server refers to another server for a part of the groups`,
      )
    if (this.membership.groupCount === 0 && !allowEmpty)
      return new SourceFault(
        'empty',
        `${base}: no group was found: see the filter, the rights of the account, or groups.allowEmpty`,
      )
    return null
  }

  #add(entry: DecodedEntry): void {
    const name = pickValue(entry.values[this.#nameSlot])
    if (entry.undecodable !== null)
      this.#problem ??= new SourceFault(
        'encoding',
        `a group has a value of ${entry.undecodable} that cannot be decoded`,
      )
    if (name === undefined) {
      this.#problem ??= new SourceFault('missing-id', `a group has no ${this.#settings.name}`)
      return
    }
    if (!isStorable(name)) {
      this.#problem ??= new SourceFault('encoding', `a group has a ${this.#settings.name} with U+0000`)
      return
    }
    const members = entry.values[this.#memberSlot] ?? []
    this.membership.addGroup({ dn: entry.dn, name, members, rid: this.#readRid(entry) })
  }

  #readRid(entry: DecodedEntry): string | null {
    const sid = this.#sidSlot === null ? undefined : entry.values[this.#sidSlot]?.[0]
    return sid === undefined ? null : sid.slice(sid.lastIndexOf('-') + 1)
  }
}
