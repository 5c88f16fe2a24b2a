import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readAlerts } from '../../support/watch-files.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

describe('docs/operations.md', () => {
  test('says of every alert what it means and what to do, and of no other', () => {
    const explained = [
      ...read('docs/operations.md').matchAll(/^\| `(Muster\w+)` \| [^|]{10,} \| [^|]{5,} \|$/gm),
    ]
    expect(explained.map(([, name]) => name)).toEqual(readAlerts().map(({ where }) => where))
  })

  test('explains every metric that alerts and dashboard ask for', () => {
    const text = read('docs/operations.md')
    const asked =
      `${read('deploy/alerts.yaml')}${read('deploy/dashboard.json')}`.match(/\bmuster_[a-z_]+/g) ?? []
    const names = new Set(asked.map((name) => name.replace(/_(bucket|count|sum)$/, '')))
    const explained = new Set<string>()
    for (const [, prefix = '', full = ''] of text.matchAll(/`(…?)(\w+?)(?:\{[^}]*\})?`/g))
      explained.add(prefix === '' ? full : `muster_source${full}`)
    expect([...names].filter((name) => !explained.has(name))).toEqual([])
  })
})
