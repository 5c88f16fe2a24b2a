import type { DeliveryChannel, MessageParameters, MessageTemplate } from '../../domain/delivery.ts'
import type { MessageCatalog } from './message-catalog.ts'
import type { MessageValues } from './message-values.ts'
import { renderMail } from './render-mail.ts'
import { renderSms } from './render-sms.ts'

/** Who sends, in the words of the operator. */
export interface MessageSettings {
  /** The name that messages come from. */
  readonly sender: string
  /** Where people turn when something was not their doing: a mailbox, a number or a page; null: none is named. */
  readonly contact: string | null
}

/** A message that is to be put into words. */
export interface MessageRequest {
  readonly template: MessageTemplate
  readonly channel: DeliveryChannel
  readonly parameters: MessageParameters
  /** The identity's own preference; see `lookUpLocale`. */
  readonly locale: string | null
  readonly code: string | null
  /** Milliseconds that the code is still valid. */
  readonly validFor: number
}

/** A message in words: `subject` and `html` are null for SMS. */
export interface RenderedMessage {
  readonly subject: string | null
  readonly text: string
  readonly html: string | null
}

/** Puts a message into the person's language. */
export function renderMessage(
  catalog: MessageCatalog,
  settings: MessageSettings,
  request: MessageRequest,
): RenderedMessage {
  const { locale, texts } = catalog.textsFor(request.locale)
  const { client, origin, factor } = request.parameters
  const { contact } = settings
  const values: MessageValues = {
    code: request.code,
    // To the nearest, so that a code of five minutes is not called one of four when it is a second old.
    minutes: Math.max(1, Math.round(request.validFor / 60_000)),
    client: client ?? null,
    host: origin == null ? null : hostOf(origin),
    factor: factor === undefined ? '' : texts.factors[factor],
    repudiate: contact === null ? texts.repudiateAlone : texts.repudiate.replace('{contact}', () => contact),
    sender: settings.sender,
  }
  return request.channel === 'sms'
    ? { subject: null, text: renderSms(request.template, texts, values), html: null }
    : renderMail(request.template, locale, texts, values)
}

/** The host alone, in ASCII; the port has no place in the line (WICG, section 3.1). */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).hostname : null
}
