import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const page = fileURLToPath(new URL('../../../docs/reading.md', import.meta.url))
const domain = fileURLToPath(new URL('../../../domain/source-row.ts', import.meta.url))

interface NamedTest {
  readonly file: string
  readonly title: string
}

/** Rows of the page's tables that name tests: `[file](path) *title*`. */
const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('](../test/'))
  .map((line) => ({ name: line.split('|')[1]?.trim(), line, tests: findTests(line) }))

function findTests(line: string): readonly NamedTest[] {
  return [...line.matchAll(/\]\((\.\.\/test\/[^)]+)\) \*([^*]+)\*/g)].map(([, file = '', title = '']) => ({
    file: join(dirname(page), file),
    title,
  }))
}

/** Titles as they are written: with the names of what a table of a test puts in. */
function readTitles(file: string): ReadonlySet<string> {
  const source = readFileSync(file, 'utf8')
  const calls = /\b(?:it|test)(?:\.each[\s\S]*?\]\s*(?:as const)?\s*\))?\(\s*(['"`])([\s\S]*?)\1,/g
  const found = [...source.matchAll(calls)].map(([, , title = '']) => title)
  // The last argument of a table: `…])('title'`.
  const tables = [...source.matchAll(/\]\s*(?:as const)?\s*\)\(\s*(['"`])([\s\S]*?)\1,/g)]
  return new Set([...found, ...tables.map(([, , title = '']) => title)])
}

describe('the page of every case', () => {
  it.each(rows)('names tests that are there of: $name', ({ tests }) => {
    expect(tests).not.toEqual([])
    expect(tests.filter(({ file, title }) => !readTitles(file).has(title))).toEqual([])
  })

  it('names every case that the issue of the readers names', () => {
    const text = rows.map(({ line }) => line.split('|')[1]?.trim()).join('\n')
    for (const word of [
      ...['empty page with a cookie', 'dropped paging control', 'size limit', 'unauthenticated'],
      ...['success with zero entries', 'referral', 'member;range', 'hidden by access control'],
      ...['binary identifiers that look like text', 'cannot be decoded', 'wrong inner length'],
      ...['SIGKILL between pages and within', 'SIGSTOP between pages and within', 'slow but alive'],
      ...['attribute of 10 MB', 'one million members', 'DNs with escapes', 'invalid UTF-8'],
      ...['expired certificate', 'unknown authority', 'StartTLS refused', 'bind refused'],
      ...['base that does not exist', 'wrong filter'],
    ])
      expect(text).toContain(word)
  })

  it('speaks of codes that there are', () => {
    const codes = new Set(readFileSync(domain, 'utf8').match(/(?<=\| ')[a-z-]+(?=')/g))
    const named = rows.flatMap(({ line }) => [
      ...(line.split('|')[2] ?? '').matchAll(/`([a-z]+(?:-[a-z0-9]+)*)`/g),
    ])
    expect(named.length).toBeGreaterThan(30)
    for (const [, code = ''] of named) expect(codes).toContain(code)
  })
})
