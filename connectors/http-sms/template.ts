import type { OutgoingMessage } from '../channel.ts'

/** What a template may name of a message. Secrets are named by the configuration, and beside these. */
export const messageFields = ['to', 'digits', 'text', 'id', 'seconds'] as const

/** The value of each name, as text; `seconds` is a number where it stands alone in JSON. */
export type TemplateValues = Readonly<Record<string, string | number>>

const placeholder = /\{([A-Za-z][A-Za-z0-9_]*)\}/g

/** The names that a text asks for. */
export function listPlaceholders(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].map(([, name = '']) => name)
}

/** What templates know of a message. */
export function describeMessage(message: OutgoingMessage): TemplateValues {
  return {
    to: message.to,
    digits: message.to.slice(1),
    text: message.text,
    id: message.deliveryId,
    seconds: Math.max(1, Math.floor(message.validFor / 1000)),
  }
}

/** Fills in a text, once: what is filled in is not read again. */
export function fillText(text: string, values: TemplateValues): string {
  return text.replaceAll(placeholder, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  )
}

/** Fills in every text of a JSON value, so that no message can add to its structure. */
export function fillJson(value: unknown, values: TemplateValues): unknown {
  if (typeof value === 'string') {
    const [, alone = ''] = /^\{([A-Za-z][A-Za-z0-9_]*)\}$/.exec(value) ?? []
    return Object.hasOwn(values, alone) ? values[alone] : fillText(value, values)
  }
  if (Array.isArray(value)) return value.map((item) => fillJson(item, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillJson(item, values)]))
}

/** Every text in a JSON value. */
export function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(listTexts)
}
