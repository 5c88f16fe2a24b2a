import type { MessageTemplate } from '../../domain/delivery.ts'
import { fillIn } from './fill-in.ts'
import { countSeptets, segmentLength, toGsm7 } from './gsm7.ts'
import type { LocaleTexts } from './message-catalog.ts'
import type { MessageValues } from './message-values.ts'

/**
 * A text message in one GSM 7 bit segment. The client's name gives way: it is written without the accents that GSM
 * lacks, shortened, and in the end replaced by a general word. A code for a page ends with the line that binds
 * it to the page's host (WICG, origin-bound one-time codes), which a phone then offers to that page only.
 */
export function renderSms(template: MessageTemplate, texts: LocaleTexts, values: MessageValues): string {
  const line = boundLine(values)
  for (const client of shorterNames(values.client, texts.unnamed)) {
    for (const repudiate of [values.repudiate, texts.repudiateAlone]) {
      const text = fillIn(texts.sms[template], {
        ...plainValues(values),
        client,
        repudiate: toGsm7(repudiate),
      })
      if (fits(text + line)) return text + line
    }
  }
  // A host that leaves no room for words: the code and its line say enough, or the code alone.
  const bare = `${values.code ?? ''}${line}`
  if (values.code !== null && fits(bare)) return bare
  return fillIn(texts.sms[template], {
    ...plainValues(values),
    client: texts.unnamed,
    repudiate: texts.repudiateAlone,
  })
}

function plainValues(values: MessageValues): Record<string, string> {
  return {
    code: values.code ?? '',
    minutes: String(values.minutes),
    sender: toGsm7(values.sender).slice(0, 30),
    factor: values.factor,
  }
}

function boundLine({ code, host }: MessageValues): string {
  return code === null || host === null ? '' : `\n@${host} #${code}`
}

/** The name, then ever shorter, then what stands for it. */
function* shorterNames(client: string | null, unnamed: string): Generator<string> {
  const name = toGsm7(client ?? '')
  if (name.length <= 40 && name !== '') yield name
  for (let length = Math.min(name.length - 1, 39); length >= 4; length -= 1)
    yield `${name.slice(0, length).trim()}.`
  yield unnamed
}

function fits(text: string): boolean {
  const septets = countSeptets(text)
  return septets !== null && septets <= segmentLength
}
