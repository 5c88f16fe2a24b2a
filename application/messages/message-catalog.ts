import { z } from 'zod'
import { type MessageTemplate, messageTemplates } from '../../domain/delivery.ts'
import { MusterError } from '../../domain/error.ts'
import { factors } from '../../domain/factor.ts'
import { fillIn, placeholdersOf } from './fill-in.ts'
import { countSeptets } from './gsm7.ts'
import { lookUpLocale } from './look-up-locale.ts'

const sentence = z.string().min(1).max(500)
const mail = z.strictObject({
  subject: sentence,
  /** What a mail program may show beside the subject. */
  preview: sentence,
  /** Paragraphs before and after the code, where there is one. */
  before: z.array(sentence).min(1),
  after: z.array(sentence),
})

const localeSchema = z.strictObject({
  $schema: z.string().optional(),
  direction: z.enum(['ltr', 'rtl']).default('ltr'),
  /** What stands for a client without a name that can be shown. */
  unnamed: sentence,
  factors: z.record(z.enum(factors), sentence),
  onlyAt: sentence,
  repudiate: sentence,
  repudiateAlone: sentence,
  footer: sentence,
  sms: z.record(z.enum(messageTemplates), sentence),
  email: z.record(z.enum(messageTemplates), mail),
})

/** All texts of one locale. */
export type LocaleTexts = z.infer<typeof localeSchema>

/** The texts of every locale that there is. */
export interface MessageCatalog {
  /** Those that the preference means, English where it means none. */
  textsFor(preference: string | null): { readonly locale: string; readonly texts: LocaleTexts }
}

const fallback = 'en'

/**
 * Makes a catalog of locale files, by language tag. Throws `configuration` with every fault: a text that is missing, a
 * placeholder that does not exist, a code in a subject line or a preview (lock screens show them), a text message
 * that is not GSM 7 bit or leaves a client's name too little room in one segment.
 */
export function createCatalog(files: ReadonlyMap<string, unknown>): MessageCatalog {
  const locales = new Map<string, LocaleTexts>()
  const faults: string[] = files.has(fallback) ? [] : [`There is no locale "${fallback}".`]
  for (const [locale, file] of files) {
    const parsed = localeSchema.safeParse(file)
    if (parsed.success) {
      locales.set(locale, parsed.data)
      faults.push(...checkTexts(parsed.data).map((fault) => `${locale}: ${fault}`))
    } else {
      faults.push(
        ...parsed.error.issues.map(({ path, message }) => `${locale}: ${path.join('.')}: ${message}`),
      )
    }
  }
  const english = locales.get(fallback)
  if (faults.length > 0 || english === undefined) {
    throw new MusterError('configuration', `The message texts cannot be used:\n${faults.join('\n')}`)
  }
  const available = new Set(locales.keys())
  return {
    textsFor: (preference) => {
      const locale = lookUpLocale(preference, available, fallback)
      return { locale, texts: locales.get(locale) ?? english }
    },
  }
}

const codeTemplates: ReadonlySet<MessageTemplate> = new Set(['authentication', 'enrollment'])

/** Whether a message carries a code. */
export function carriesCode(template: MessageTemplate): boolean {
  return codeTemplates.has(template)
}

function checkTexts(texts: LocaleTexts): readonly string[] {
  return messageTemplates.flatMap((template) => {
    const { subject, preview, before, after } = texts.email[template]
    return [
      ...checkPlaceholders(`sms.${template}`, texts.sms[template], carriesCode(template)),
      ...checkSms(template, texts),
      ...[subject, preview, ...before, ...after].flatMap((text) =>
        checkPlaceholders(`email.${template}`, text, false),
      ),
    ]
  })
}

const known: ReadonlySet<string> = new Set(['client', 'minutes', 'factor', 'repudiate', 'sender'])

function checkPlaceholders(place: string, text: string, mayCode: boolean): readonly string[] {
  const unknown = placeholdersOf(text).filter((name) => !known.has(name) && !(mayCode && name === 'code'))
  const faults = unknown.map((name) => `${place}: {${name}} has no place here.`)
  return mayCode && !text.includes('{code}') ? [...faults, `${place}: {code} is missing.`] : faults
}

/** Septets that a code message must leave for the client's name and the line bound to its origin. */
const roomForClient = 45

function checkSms(template: MessageTemplate, texts: LocaleTexts): readonly string[] {
  const longest = {
    code: '0'.repeat(10),
    minutes: '1440',
    client: carriesCode(template) ? '' : texts.unnamed,
    sender: 'x'.repeat(30),
    factor: Object.values(texts.factors).sort((a, b) => b.length - a.length)[0] ?? '',
    repudiate: texts.repudiateAlone,
  }
  const septets = countSeptets(fillIn(texts.sms[template], longest))
  if (countSeptets(texts.unnamed) === null) return ['unnamed: not in the alphabet of GSM 7 bit.']
  if (septets === null) return [`sms.${template}: not in the alphabet of GSM 7 bit.`]
  const most = carriesCode(template) ? 160 - roomForClient : 160
  return septets > most ? [`sms.${template}: ${septets} septets; ${most} at most.`] : []
}
