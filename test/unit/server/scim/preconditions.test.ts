import { expect, it } from 'vitest'
import {
  formatETag,
  isKnownAlready,
  prefersMinimal,
  readIfMatch,
} from '../../../../server/scim/preconditions.ts'

it('ETags are weak and read back, one or several, with and without their marks (RFC 7644 section 3.14)', () => {
  expect(formatETag(7)).toBe('W/"7"')
  expect(readIfMatch(undefined)).toBeNull()
  expect(readIfMatch(' * ')).toBe('*')
  expect(readIfMatch('W/"7"')).toEqual([7])
  expect(readIfMatch('"7", W/"12", 3')).toEqual([7, 12, 3])
})

it('tags that are not ours match nothing (RFC 9110 section 13.1.1)', () => {
  for (const header of ['', '"abc"', 'W/"-1"', `W/"${'9'.repeat(30)}"`, 'W/"7" "8"'])
    expect(readIfMatch(header)).toEqual([])
})

it('If-None-Match knows the version, or any (RFC 9110 section 13.1.2)', () => {
  expect(isKnownAlready('W/"7"', 7)).toBe(true)
  expect(isKnownAlready('*', 7)).toBe(true)
  expect(isKnownAlready('W/"6"', 7)).toBe(false)
  expect(isKnownAlready(undefined, 7)).toBe(false)
})

it('Prefer asks for no body by return=minimal, alone or among others (RFC 7240 section 4.2)', () => {
  for (const header of ['return=minimal', 'respond-async, return=minimal', 'Return="minimal";x=1'])
    expect(prefersMinimal(header)).toBe(true)
  for (const header of [undefined, 'return=representation', 'return=minimalist', 'noreturn=minimal'])
    expect(prefersMinimal(header)).toBe(false)
})
