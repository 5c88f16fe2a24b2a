import { inspect } from 'node:util'
import { expect, it, vi } from 'vitest'
import type { MessageChannel, OutgoingMessage } from '../../connectors/channel.ts'

/** A code that is looked for where it must not be. */
export const canaryCode = '421288'

/** Texts that are no address, though some library or server would send to one in them (reference 2.13 and 2.14). */
export const hostileMailboxes: readonly (readonly [why: string, address: string])[] = [
  ['a list', 'victim@example.com, evil@example.net'],
  ['a list with a semicolon', 'victim@example.com; evil@example.net'],
  ['a header in the address', 'victim@example.com\r\nBcc: evil@example.net'],
  ['a bare line feed', 'victim@example.com\nBcc: evil@example.net'],
  ['a name that looks like an address', 'victim@example.com <evil@example.net>'],
  ['a quoted name', '"victim@example.com" <evil@example.net>'],
  ['a quoted local part', '"evil@example.net, victim"@example.com'],
  ['a group', 'friends: evil@example.net;'],
  ['a comment', 'victim@example.com (evil@example.net)'],
  ['a comment inside', 'victim(evil)@example.com'],
  ['two at signs', 'evil@example.net@example.com'],
  ['a route', '<@example.com:evil@example.net>'],
  ['a source route by percent and quotes', '"evil%example.net"@example.com'],
  ['a dotless i', 'm\u0131ke@example.com'],
  ['letters beyond ASCII in the domain', 'mike@ex\u00e4mple.com'],
  ['a zero byte', 'victim@example.com\u0000evil@example.net'],
  ['a space', 'victim @example.com'],
  ['an address literal', 'evil@[127.0.0.1]'],
  ['an address as a domain', 'evil@127.0.0.1'],
  ['a domain of one label', 'root@localhost'],
  ['an argument', 'evil@-oProxy.example'],
  ['encoded words', '=?utf-8?q?evil=40example.net=3E=00?=@example.com>'],
  ['a dot at the end of the local part', 'victim.@example.com'],
  ['nothing before the at sign', '@example.com'],
  ['a very long one', `${'a'.repeat(65)}@example.com`],
  ['a number', '+4915112345678'],
  ['nothing', ''],
]

/** The same for text messages. */
export const hostileNumbers: readonly (readonly [why: string, address: string])[] = [
  ['two numbers', '+4915112345678,+4915112345679'],
  ['a line feed', '+4915112345678\n+4915112345679'],
  ['a number without a country code', '015112345678'],
  ['a national prefix', '004915112345678'],
  ['another channel', 'whatsapp:+4915112345678'],
  ['a sip address', 'sip:evil@example.net'],
  ['digits of another script', '+\u0664\u0669151123456'],
  ['spaces', '+49 151 12345678'],
  ['an extension', '+4915112345678;ext=9'],
  ['a mailbox', 'victim@example.com'],
  ['sixteen digits', '+1234567890123456'],
  ['a zero in front', '+015112345678'],
  ['nothing', ''],
]

export interface ChannelWorld {
  readonly kind: 'email' | 'sms'
  open(): MessageChannel
  /** Nobody listens where this one sends to; null where there is no such thing. */
  readonly openBroken: (() => MessageChannel) | null
  /** What it sends to takes everything and never answers. */
  readonly openSilent: (() => MessageChannel) | null
  /** What arrived since the start: to whom, and the text as it went over the wire. */
  received(): readonly { readonly to: readonly string[]; readonly raw: string }[]
}

/** A message of this kind, like those that are sent. */
export function makeMessage(kind: 'email' | 'sms', changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const text = `${canaryCode} is your code for the staff portal. Never share it.`
  const address = kind === 'email' ? "anna.o'hara+code@example.com" : '+4915112345678'
  const mail = {
    subject: 'Your code for the staff portal',
    html: `<p><b>${canaryCode}</b> is your code.</p>`,
  }
  return {
    deliveryId: '0198c0de-0000-7000-8000-000000000001',
    to: address,
    text,
    validFor: 300_000,
    ...(kind === 'email' ? mail : { subject: null, html: null }),
    ...changes,
  }
}

/** What every channel has to keep, whatever it speaks. */
export function describeMessageChannel(world: ChannelWorld): void {
  const { kind } = world
  const { signal } = new AbortController()

  async function withChannel<T>(open: () => MessageChannel, use: (channel: MessageChannel) => Promise<T>) {
    const channel = open()
    try {
      return await use(channel)
    } finally {
      await channel.close()
    }
  }

  it('sends a message to its one address', async () => {
    await withChannel(world.open, async (channel) => {
      const before = world.received().length
      const message = makeMessage(kind)
      expect(await channel.send(message, signal)).toEqual({
        ok: true,
        providerId: expect.toSatisfy((id: unknown) => id === null || /^[\w.:-]+$/.test(String(id))),
      })
      const arrived = world.received().slice(before)
      expect(arrived.map(({ to }) => to)).toEqual([[message.to]])
      expect(arrived[0]?.raw).toContain(canaryCode)
    })
  })

  it('sends many at once, each to its own address', async () => {
    await withChannel(world.open, async (channel) => {
      const before = world.received().length
      const addresses = Array.from({ length: 20 }, (_, index) =>
        kind === 'email' ? `person${index}@example.com` : `+49151123456${10 + index}`,
      )
      const outcomes = await Promise.all(
        addresses.map((to) => channel.send(makeMessage(kind, { to }), signal)),
      )
      expect(outcomes.every(({ ok }) => ok)).toBe(true)
      const arrived = world.received().slice(before)
      expect(arrived.flatMap(({ to }) => to).sort()).toEqual(addresses.sort())
    })
  })

  it.each(kind === 'email' ? hostileMailboxes : hostileNumbers)('sends nothing to %s', async (_, to) => {
    await withChannel(world.open, async (channel) => {
      const before = world.received().length
      const outcome = await channel.send(makeMessage(kind, { to }), signal)
      expect(outcome).toMatchObject({ ok: false, fault: { class: 'address', code: 'no-such-address' } })
      expect(world.received()).toHaveLength(before)
    })
  })

  it('says that it was too late where the signal has ended before', async () => {
    await withChannel(world.open, async (channel) => {
      const before = world.received().length
      const outcome = await channel.send(makeMessage(kind), AbortSignal.abort())
      expect(outcome).toMatchObject({ ok: false, fault: { code: 'timeout', class: 'passing' } })
      expect(world.received()).toHaveLength(before)
    })
  })

  it('writes nothing to the console, and keeps neither code nor address when it has sent', async () => {
    const calls = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name))
    const writes = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')]
    try {
      await withChannel(world.open, async (channel) => {
        await channel.send(makeMessage(kind), signal)
        const kept = inspect(channel, { depth: Number.POSITIVE_INFINITY, showHidden: true })
        expect(kept).not.toContain(canaryCode)
      })
      const written = [...calls, ...writes].flatMap((spy) => spy.mock.calls).map((call) => inspect(call))
      expect(written.filter((text) => text.includes(canaryCode))).toEqual([])
      for (const spy of calls) expect(spy).not.toHaveBeenCalled()
    } finally {
      for (const spy of [...calls, ...writes]) spy.mockRestore()
    }
  })

  it('has a live test that sends nothing', async () => {
    await withChannel(world.open, async (channel) => {
      const before = world.received().length
      expect(await channel.test(signal)).toEqual({ ok: true, message: expect.stringMatching(/.+/) })
      expect(world.received()).toHaveLength(before)
    })
  })

  it('can be closed twice', async () => {
    const channel = world.open()
    await channel.close()
    await channel.close()
  })

  const { openBroken, openSilent } = world
  if (openBroken !== null) {
    it('says that nobody could be reached, and does not throw', async () => {
      await withChannel(openBroken, async (channel) => {
        const outcome = await channel.send(makeMessage(kind), signal)
        expect(outcome).toMatchObject({ ok: false, fault: { code: 'unreachable', class: 'passing' } })
        expect(await channel.test(signal)).toEqual({
          ok: false,
          message: expect.stringContaining('unreachable'),
        })
      })
    })
  }
  if (openSilent !== null) {
    it('gives up on a provider that never answers, at its own deadline', async () => {
      await withChannel(openSilent, async (channel) => {
        const started = performance.now()
        const outcome = await channel.send(makeMessage(kind), signal)
        expect(outcome).toMatchObject({ ok: false, fault: { code: 'timeout', class: 'passing' } })
        expect(performance.now() - started).toBeLessThan(5000)
      })
    })

    it('gives up at once when the signal ends during a send', async () => {
      await withChannel(openSilent, async (channel) => {
        const controller = new AbortController()
        const sending = channel.send(makeMessage(kind), controller.signal)
        setImmediate(() => controller.abort())
        expect(await sending).toMatchObject({ ok: false, fault: { code: 'timeout' } })
      })
    })
  }
}
