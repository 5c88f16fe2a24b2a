import type { Finding } from './fault.ts'
import { readMode } from './mode-checks.ts'
import { isRecord, readPath } from './schema-tree.ts'

const kinds = ['sms', 'email'] as const
const factorNames = { sms: 'smsOtp', email: 'emailOtp' } as const

/** What channels mean together with the rest: their mode, the factors that need them, and where text messages may go. */
export function checkChannels(document: unknown): readonly Finding[] {
  return [...checkOutboxes(document), ...checkNeeded(document), ...checkCountries(document)]
}

function checkOutboxes(document: unknown): readonly Finding[] {
  if (readMode(document) !== 'production') return []
  return kinds.flatMap((kind) =>
    listTypes(document, kind).flatMap((type, index): readonly Finding[] =>
      type === 'outbox'
        ? [
            {
              path: ['channels', kind, index, 'type'],
              at: 'value',
              code: 'not-in-this-mode',
              message: 'An outbox sends nothing: it is for the embedded mode only.',
            },
          ]
        : [],
    ),
  )
}

/** In production mode nothing stands in for a channel that is missing. */
function checkNeeded(document: unknown): readonly Finding[] {
  if (readMode(document) !== 'production') return []
  return kinds.flatMap((kind): readonly Finding[] => {
    if (!isAllowed(document, kind) || readPath(document, ['channels', kind]) !== undefined) return []
    const factor = factorNames[kind]
    return [
      {
        path: ['channels', kind],
        at: 'key',
        code: 'missing',
        message: `${factor} is allowed, and nothing can send it: name a channel in "channels.${kind}", or take ${factor} out of "factors".`,
      },
    ]
  })
}

/** Text messages cost money, so where they may go is the operator's own list. */
function checkCountries(document: unknown): readonly Finding[] {
  const paid = listTypes(document, 'sms').some((type) => type === 'twilio' || type === 'http-sms')
  if (!paid || readPath(document, ['countries']) !== undefined) return []
  return [
    {
      path: ['countries'],
      at: 'key',
      code: 'missing',
      message: 'A channel for text messages costs money: "countries" must say where they may go.',
    },
  ]
}

function isAllowed(document: unknown, kind: (typeof kinds)[number]): boolean {
  return ['allowed.auth.factors', 'allowed.reg.factors'].some((list) => {
    const names = readPath(document, ['factors', list])
    return Array.isArray(names) ? names.includes(factorNames[kind]) : names === undefined
  })
}

function listTypes(document: unknown, kind: (typeof kinds)[number]): readonly unknown[] {
  const channels = readPath(document, ['channels', kind])
  return Array.isArray(channels)
    ? channels.map((channel: unknown) => (isRecord(channel) ? channel['type'] : undefined))
    : []
}
