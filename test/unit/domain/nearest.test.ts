import { expect, it } from 'vitest'
import { findNearest } from '../../../domain/nearest.ts'

const known = ['userName', 'displayName', 'emails', 'port', 'host']

it.each([
  ['usrName', 'userName'],
  ['EMAILS', 'emails'],
  ['prot', 'port'],
  ['prt', 'port'],
  ['hosts', 'host'],
])('takes %s for %s', (word, meant) => {
  expect(findNearest(word, known)).toBe(meant)
})

it('takes a word for nothing when more than a third of it differs', () => {
  expect(findNearest('pqqt', known)).toBeNull()
  expect(findNearest('keys', known)).toBeNull()
  expect(findNearest('', known)).toBeNull()
  expect(findNearest('x'.repeat(100_000), known)).toBeNull()
})

it('prefers the word that is nearer, then the one that is named first', () => {
  expect(findNearest('hist', ['mist', 'host'])).toBe('mist')
  expect(findNearest('post', ['ports', 'posts'])).toBe('posts')
})
