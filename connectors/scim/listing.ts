import { SourceFault } from '../source-fault.ts'
import type { Capabilities } from './capabilities.ts'
import type { Endpoint, ScimClient } from './client.ts'
import { isObject, type JsonObject, readKey } from './json-object.ts'
import type { ListPage, ListQuery } from './list-page.ts'

/** A resource of a page; `id` null where it has none that can be used. */
export interface Listed {
  readonly id: string | null
  readonly resource: JsonObject
}

export interface ListingSettings {
  readonly endpoint: Endpoint
  readonly capabilities: Capabilities
  readonly pageSize: number
  readonly filter: string | null
  readonly attributes: string | null
  readonly excludedAttributes: string | null
}

/** Where the next page begins. `overlaps`: its first resource is the last one of the page before. */
type Place =
  | { readonly kind: 'cursor'; readonly cursor: string }
  | { readonly kind: 'index'; readonly startIndex: number; readonly overlaps: boolean }

/** Pages without anything new after which a chain of cursors is taken for a circle. */
const emptyPages = 10

/**
 * One pass over all resources of an endpoint, with the proof that nothing is missing: what the server counts is what
 * came, no resource came twice, and every page began where the one before had ended. Pages by index that are sorted
 * overlap by one resource, so that a population that shifted between two of them shows even when its size did not
 * change. Throws `SourceFault`: `moved` and `paging-repeated` where another pass may succeed, `paging-dropped`.
 */
export class Listing {
  /** Whether the server has the endpoint; known after the first page. */
  exists = true
  readonly #client: ScimClient
  readonly #settings: ListingSettings
  readonly #seen = new Set<string>()
  readonly #cursors = new Set<string>()
  #count = 0
  #total: number | null = null
  #barren = 0
  #firstId: string | null = null
  #lastId: string | null = null
  #overlaps: boolean

  constructor(client: ScimClient, settings: ListingSettings) {
    this.#client = client
    this.#settings = settings
    this.#overlaps = settings.capabilities.sort && settings.pageSize > 1
  }

  async *read(signal: AbortSignal): AsyncGenerator<readonly Listed[], void, void> {
    let place: Place | null = this.#settings.capabilities.cursor
      ? { kind: 'cursor', cursor: '' }
      : { kind: 'index', startIndex: 1, overlaps: false }
    while (place !== null) {
      const page = await this.#client.list(this.#settings.endpoint, this.#query(place), signal)
      if (page === null) {
        this.#noteMissing()
        return
      }
      this.#compareTotal(page)
      const listed = page.resources.map((resource) => this.#identify(resource))
      const fresh = this.#cutOverlap(listed, place)
      if (fresh === null) {
        // The server rounds the index to whole pages: they cannot overlap.
        this.#overlaps = false
        place = { kind: 'index', startIndex: this.#count + 1, overlaps: false }
        continue
      }
      this.#take(fresh)
      if (fresh.length > 0) yield fresh
      place = this.#findNext(page, fresh, place)
    }
    this.#prove()
  }

  #query(place: Place): ListQuery {
    const { capabilities, pageSize, filter, attributes, excludedAttributes } = this.#settings
    const byIndex = place.kind === 'index'
    return {
      startIndex: byIndex ? place.startIndex : null,
      cursor: byIndex ? null : place.cursor,
      count: pageSize,
      sortBy: byIndex && capabilities.sort ? 'id' : null,
      filter,
      attributes,
      excludedAttributes,
    }
  }

  #noteMissing(): void {
    if (this.#count > 0) throw this.#fault('moved', 'the list went away while it was read')
    this.exists = false
  }

  #compareTotal({ totalResults }: ListPage): void {
    if (totalResults === null) return
    if (this.#total !== null && totalResults !== this.#total)
      throw this.#fault('moved', `they were ${this.#total} at first and ${totalResults} later`)
    this.#total = totalResults
  }

  #identify(resource: unknown): Listed {
    if (!isObject(resource)) return { id: null, resource: {} }
    const id = readKey(resource, 'id')
    return { id: typeof id === 'string' && id !== '' ? id : null, resource }
  }

  /** The page without what the page before had shown already; null where the server cannot overlap pages. */
  #cutOverlap(listed: readonly Listed[], place: Place): readonly Listed[] | null {
    if (place.kind === 'cursor' || !place.overlaps) return listed
    const [first, ...fresh] = listed
    if (first?.id != null && first.id === this.#lastId) return fresh
    if (first?.id != null && first.id === this.#firstId) return null
    throw this.#fault('moved', 'a page does not begin where the one before had ended')
  }

  #take(fresh: readonly Listed[]): void {
    const again = fresh.filter(({ id }) => id !== null && this.#seen.has(id)).length
    if (again > 0 && again === fresh.length)
      throw this.#fault('paging-repeated', 'the server gave a page twice')
    for (const { id } of fresh) {
      if (id === null) continue
      if (this.#seen.has(id)) throw this.#fault('moved', 'one came twice')
      this.#seen.add(id)
    }
    this.#count += fresh.length
    this.#firstId = fresh[0]?.id ?? this.#firstId
    this.#lastId = fresh.at(-1)?.id ?? null
  }

  #findNext({ nextCursor }: ListPage, fresh: readonly Listed[], place: Place): Place | null {
    this.#barren = fresh.length === 0 ? this.#barren + 1 : 0
    if (nextCursor !== null) {
      if (this.#cursors.has(nextCursor) || this.#barren > emptyPages)
        throw this.#fault('paging-repeated', 'the pages lead in a circle')
      this.#cursors.add(nextCursor)
      return { kind: 'cursor', cursor: nextCursor }
    }
    if (place.kind === 'cursor' || (this.#total !== null && this.#count >= this.#total)) return null
    if (fresh.length === 0) {
      // A page that had room for the overlap only says nothing of what follows.
      if (!place.overlaps) return null
      this.#overlaps = false
    }
    const overlaps = this.#overlaps && this.#lastId !== null
    return { kind: 'index', startIndex: this.#count + (overlaps ? 0 : 1), overlaps }
  }

  #prove(): void {
    if (this.#total === null || this.#total === this.#count) return
    const message = `the server counts ${this.#total}, and ${this.#count} came`
    throw this.#fault(this.#count < this.#total ? 'paging-dropped' : 'moved', message)
  }

  #fault(code: 'moved' | 'paging-repeated' | 'paging-dropped', message: string): SourceFault {
    return new SourceFault(code, `${this.#settings.endpoint.slice(1)}: ${message}`)
  }
}
