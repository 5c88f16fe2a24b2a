import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { renderConfigurationDocs } from '../../../config/render-docs.ts'

it('is the committed page (else run: npx tsx config/write-docs.ts)', () => {
  const page = new URL('../../../docs/configuration.md', import.meta.url)
  expect(readFileSync(page, 'utf8')).toBe(renderConfigurationDocs())
})

it('has every kind of source with its keys, and the variables of the environment', () => {
  const page = renderConfigurationDocs()
  expect(page).toContain('### `type: ldap`')
  expect(page).toContain('| `bind.password` | secret | required |')
  expect(page).toContain('### `type: csv`')
  expect(page).toContain('| `MUSTER_LOG_LEVEL` | `log.level` |')
})
