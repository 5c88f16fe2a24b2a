import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countSeptets, toGsm7 } from '../../../application/messages/gsm7.ts'
import { lookUpLocale } from '../../../application/messages/look-up-locale.ts'
import { createCatalog, type MessageCatalog } from '../../../application/messages/message-catalog.ts'
import { type MessageRequest, renderMessage } from '../../../application/messages/render-message.ts'
import { messageTemplates } from '../../../domain/delivery.ts'
import { factors } from '../../../domain/factor.ts'

const folder = new URL('../../../messages/', import.meta.url)
const files = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [
      name.replace('.json', ''),
      JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as unknown,
    ]),
)
const catalog = createCatalog(files)
const settings = { sender: 'Muster', contact: null }

const base: MessageRequest = {
  template: 'authentication',
  channel: 'sms',
  parameters: { client: 'Staff portal', origin: 'https://portal.example.com:8443/' },
  locale: null,
  code: '042137',
  validFor: 299_000,
}
const render = (given: Partial<MessageRequest>) => renderMessage(catalog, settings, { ...base, ...given })

describe('a text message', () => {
  it('ends with the line that binds the code to the page that asks', () => {
    expect(render({}).text).toBe(
      '042137 is your code to sign in to Staff portal. Valid for 5 min. Never share it.\n@portal.example.com #042137',
    )
  })

  it('has no such line for a client without an origin', () => {
    expect(render({ parameters: { client: 'VPN', origin: null } }).text).not.toContain('@')
  })

  it('speaks French to who prefers it', () => {
    expect(render({ locale: 'fr-CA;q=0.9, de' }).text).toContain(
      '042137 : votre code de connexion pour Staff portal.',
    )
  })

  it('stays in one GSM 7 bit segment whatever the locale, client and page are', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 120 }),
      fc.constantFrom('山田 太郎', '', '§€{}~', 'a'.repeat(300)),
    )
    const host = fc.domain().map((domain) => `https://${domain}`)
    fc.assert(
      fc.property(
        fc.constantFrom(...files.keys()),
        fc.constantFrom(...messageTemplates),
        fc.constantFrom(...factors),
        name,
        fc.option(host),
        fc.stringMatching(/^[0-9]{6,10}$/),
        fc.integer({ min: 0, max: 86_400_000 }),
        (locale, template, factor, client, origin, code, validFor) => {
          const { text } = render({
            locale,
            template,
            code,
            validFor,
            parameters: { client, origin, factor },
          })
          const septets = countSeptets(text)
          expect(septets).not.toBeNull()
          expect(septets).toBeLessThanOrEqual(160)
          expect(text).not.toMatch(/\{[a-z]+\}/)
          if (template === 'authentication') expect(text).toContain(code)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('writes a name as GSM 7 bit can', () => {
    expect(toGsm7('Zürich “Kraków” – Łódź…')).toBe('Zürich "Krakow" - Lodz...')
    expect(toGsm7('a\r\nBcc: b@c')).toBe('a Bcc: b@c')
    expect(toGsm7('山田')).toBe('')
  })

  it('is a host that is too long never without the code', () => {
    const { text } = render({
      parameters: {
        client: 'x',
        origin: `https://${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.com`,
      },
    })
    expect(text).toContain('042137')
    expect(text).not.toContain('#')
  })
})

describe('a mail', () => {
  const mail = render({ channel: 'email' })

  it('has the code in both bodies and in no subject line', () => {
    for (const locale of files.keys()) {
      for (const template of messageTemplates) {
        const { subject, text, html } = render({ channel: 'email', locale, template })
        expect(subject).not.toContain('042137')
        expect(text.includes('042137')).toBe(template === 'authentication' || template === 'enrollment')
        expect(html?.includes('042137')).toBe(text.includes('042137'))
      }
    }
  })

  it('fetches nothing and runs nothing', () => {
    expect(mail.html).not.toMatch(/src=|href=|url\(|@import|<script|<img|<link/i)
    expect(mail.text).toContain('Type it only on portal.example.com.')
  })

  it('takes a client name for text, never for markup or another header', () => {
    const hostile = render({
      channel: 'email',
      parameters: { client: '<img src=x>"\r\nBcc: eve@example.com\u202e {code}', origin: null },
    })
    expect(hostile.html).not.toContain('<img')
    expect(hostile.subject).not.toMatch(/[\r\n\u202e]/)
    expect(hostile.subject).toContain('{code}')
    expect(hostile.text.match(/042137/g)).toHaveLength(1)
  })

  it('names whom to tell when a change was not yours', () => {
    const { text } = renderMessage(
      catalog,
      { sender: 'Muster', contact: 'help@example.com' },
      { ...base, channel: 'email', template: 'removed', code: null, parameters: { factor: 'otp-sms' } },
    )
    expect(text).toContain('A mobile number was removed from your account.')
    expect(text).toContain('contact help@example.com')
  })
})

describe('the language of a person', () => {
  const available = new Set(['en', 'fr', 'fr-CA', 'zh-Hant'])
  it.each([
    ['fr-ca', 'fr-CA'],
    ['fr_CH', 'fr'],
    ['zh-Hant-x-private-TW', 'zh-Hant'],
    ['da, fr;q=0.5, en;q=0.8', 'en'],
    ['da;q=1, *', 'en'],
    ['../../etc/passwd', 'en'],
    [null, 'en'],
    ['fr;q=0', 'en'],
  ])('%s is answered in %s', (preference, locale) => {
    expect(lookUpLocale(preference, available, 'en')).toBe(locale)
  })
})

describe('a catalog', () => {
  const english = files.get('en') as { sms: object; email: object }
  const make = (file: object): MessageCatalog =>
    createCatalog(new Map<string, unknown>([...files, ['xx', file]]))

  it('gains a locale by a file', () => {
    const file = { ...english, unnamed: 'deine Anmeldung' }
    expect(make(file).textsFor('xx-YY')).toMatchObject({
      locale: 'xx',
      texts: { unnamed: 'deine Anmeldung' },
    })
  })

  it.each([
    ['a text is missing', { ...english, sms: {} }, /sms\.authentication/],
    ['a text message cannot be sent in one segment', withSms('{code} {client} '.padEnd(130, 'x')), /septets/],
    ['a text message is in another script', withSms('{code} 山'), /GSM 7 bit/],
    ['a code message has no code', withSms('{client}'), /\{code\} is missing/],
    ['a placeholder does not exist', withSms('{code} {name}'), /\{name\} has no place/],
    ['a subject has the code', withSubject('{code}'), /\{code\} has no place/],
  ])('is refused where %s', (_, file, fault) => {
    expect(() => make(file)).toThrow(fault)
  })

  function withSms(authentication: string): object {
    return { ...english, sms: { ...english.sms, authentication } }
  }
  function withSubject(subject: string): object {
    const email = english.email as { authentication: object }
    return { ...english, email: { ...email, authentication: { ...email.authentication, subject } } }
  }
})
