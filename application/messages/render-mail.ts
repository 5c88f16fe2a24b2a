import type { MessageTemplate } from '../../domain/delivery.ts'
import { fillIn } from './fill-in.ts'
import { layOutMail } from './mail-layout.ts'
import { carriesCode, type LocaleTexts } from './message-catalog.ts'
import type { MessageValues } from './message-values.ts'

export interface RenderedMail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A mail as plain text and as HTML that needs nothing from anywhere else. The subject never has the code. */
export function renderMail(
  template: MessageTemplate,
  locale: string,
  texts: LocaleTexts,
  values: MessageValues,
): RenderedMail {
  const { subject, preview, before, after } = texts.email[template]
  const words = {
    client: cleanLine(values.client ?? '', 60) || texts.unnamed,
    minutes: String(values.minutes),
    factor: values.factor,
    repudiate: values.repudiate,
    sender: cleanLine(values.sender, 60),
  }
  const fill = (text: string) => fillIn(text, words)
  const code = carriesCode(template) ? values.code : null
  const bound = code === null || values.host === null ? [] : [fillIn(texts.onlyAt, { host: values.host })]
  const parts = {
    locale,
    direction: texts.direction,
    sender: words.sender,
    subject: fill(subject),
    preview: fill(preview),
    before: before.map(fill),
    code,
    after: [...bound, ...after.map(fill)],
    footer: fill(texts.footer),
  }
  const paragraphs = [...parts.before, ...(code === null ? [] : [`    ${code}`]), ...parts.after]
  return {
    subject: parts.subject,
    text: `${paragraphs.join('\n\n')}\n\n-- \n${parts.footer}\n`,
    html: layOutMail(parts),
  }
}

/** One line without controls and marks that turn the reading direction, at most so long. */
function cleanLine(text: string, most: number): string {
  const line = text
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return [...line].length <= most ? line : `${[...line].slice(0, most - 1).join('')}…`
}
