import { describe, expect, it } from 'vitest'
import { BerCursor } from '../../../connectors/ldap/ber-cursor.ts'
import { anyEntry, encodeFilter } from '../../../connectors/ldap/filter.ts'
import { encodeSearchRequest, pagedResultsOid } from '../../../connectors/ldap/search-request.ts'

const search = {
  base: 'dc=x',
  scope: 'sub',
  filter: encodeFilter(anyEntry),
  attributes: ['uid', 'mail'],
} as const

describe('a search request', () => {
  it('asks for everything: no limit of size or time is ours', () => {
    const bytes = encodeSearchRequest(7, search, null)
    const cursor = new BerCursor(bytes)
    const end = cursor.enter(0x30, bytes.length)
    expect(cursor.readInteger(end)).toBe(7)
    cursor.enter(0x63, end)
    expect(cursor.readText(end)).toBe('dc=x')
    const [scope, aliases, size, time] = [0x0a, 0x0a, 0x02, 0x02].map((tag) => cursor.readInteger(end, tag))
    expect({ scope, aliases, size, time }).toEqual({ scope: 2, aliases: 0, size: 0, time: 0 })
  })

  it('asks for pages by a control that is critical: a server that cannot page must say so', () => {
    const bytes = encodeSearchRequest(7, search, { size: 500, cookie: Buffer.from('next') })
    const cursor = new BerCursor(bytes)
    const end = cursor.enter(0x30, bytes.length)
    cursor.skip(end)
    cursor.skip(end)
    const control = cursor.enter(0x30, cursor.enter(0xa0, end))
    expect(cursor.readText(control)).toBe(pagedResultsOid)
    expect(bytes.subarray(cursor.position, cursor.position + 3)).toEqual(Buffer.from([0x01, 0x01, 0xff]))
  })
})
