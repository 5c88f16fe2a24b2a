import { format, inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Secret } from '../../../config/secret.ts'

it('gives a secret away only where it is asked to', () => {
  const secret = new Secret('open sesame')
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { showHidden: true, depth: null }),
    format('%s %o %j', secret, secret, secret),
  ].join('\n')
  expect(printed).not.toContain('sesame')
  expect(printed).toContain('[secret]')
  expect(secret.reveal()).toBe('open sesame')
})
