import { describe, expect, it } from 'vitest'
import { isAllowed, pinHost, RefusedAddress } from '../../../connectors/http-sms/network-guard.ts'
import { fillJson, fillText } from '../../../connectors/http-sms/template.ts'

const open = ['8.8.8.8', '93.184.216.34', '2606:4700:4700::1111']
const inner = ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00::1']
const local = ['127.0.0.1', '127.9.9.9', '::1']
const never = [
  '0.0.0.0',
  '169.254.169.254',
  '192.0.2.1',
  '198.18.0.1',
  '203.0.113.9',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::ffff:10.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  'fe80::1',
  'ff02::1',
  '64:ff9b::a00:1',
  '2002:a00:1::1',
  '2001:0:a00:1::1',
  '2001:db8::1',
  'localhost',
  '',
]

describe('a gateway on', () => {
  it.each(open)('%s may be public or private', (address) => {
    expect([
      isAllowed(address, 'public'),
      isAllowed(address, 'private'),
      isAllowed(address, 'loopback'),
    ]).toEqual([true, true, false])
  })
  it.each(inner)('%s has to be allowed as private', (address) => {
    expect([
      isAllowed(address, 'public'),
      isAllowed(address, 'private'),
      isAllowed(address, 'loopback'),
    ]).toEqual([false, true, false])
  })
  it.each(local)('%s has to be allowed as loopback', (address) => {
    expect([
      isAllowed(address, 'public'),
      isAllowed(address, 'private'),
      isAllowed(address, 'loopback'),
    ]).toEqual([false, false, true])
  })
  it.each(never)('%s is refused always', (address) => {
    expect([
      isAllowed(address, 'public'),
      isAllowed(address, 'private'),
      isAllowed(address, 'loopback'),
    ]).toEqual([false, false, false])
  })
})

describe('a host', () => {
  it.each([
    'https://localhost/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'https://0x7f.1/',
  ])('%s is refused where it resolves to this machine', async (url) => {
    await expect(pinHost(new URL(url), 'public')).rejects.toThrow(RefusedAddress)
    await expect(pinHost(new URL(url), 'private')).rejects.toThrow(RefusedAddress)
  })

  it('is pinned to the address that was checked', async () => {
    const lookup = await pinHost(new URL('http://127.0.0.1/'), 'loopback')
    const asked = new Promise((resolve) => {
      lookup('evil.example', {}, (_, address) => resolve(address))
    })
    expect(await asked).toBe('127.0.0.1')
    const all = new Promise((resolve) => {
      lookup('evil.example', { all: true }, (_, address) => resolve(address))
    })
    expect(await all).toEqual([{ address: '127.0.0.1', family: 4 }])
  })
})

describe('a template', () => {
  const values = { to: '+491511', text: '{id} "quoted", {to}', id: 'd-1', seconds: 300 }
  it('fills in each name once and leaves what it does not know', () => {
    expect(fillText('{to}:{text}:{other}:{ to }', values)).toBe('+491511:{id} "quoted", {to}:{other}:{ to }')
  })
  it('keeps the structure of JSON, whatever the text says', () => {
    const filled = fillJson(
      { messages: [{ to: ['{to}'], body: '{text}', ttl: '{seconds}', n: 1 }], flag: null },
      values,
    )
    expect(JSON.parse(JSON.stringify(filled))).toEqual({
      messages: [{ to: ['+491511'], body: '{id} "quoted", {to}', ttl: 300, n: 1 }],
      flag: null,
    })
  })
})
