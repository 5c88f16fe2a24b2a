/** What a fault of sending asks for. */
export type SendFaultClass = 'address' | 'channel' | 'passing'

/** The fault codes of sending, closed: routes, retries and marks on addresses are decided by them. */
export const sendFaultClasses = {
  // Final for the address: it becomes `undeliverable`.
  'no-such-address': 'address',
  'not-mobile': 'address',
  'opted-out': 'address',
  // Final for this channel: the next one is tried, the operator is told, nobody is blamed.
  'refused-credentials': 'channel',
  'refused-sender': 'channel',
  'refused-destination': 'channel',
  'refused-content': 'channel',
  misconfigured: 'channel',
  // Passing: tried again, here or elsewhere, while the code lives.
  unreachable: 'passing',
  timeout: 'passing',
  busy: 'passing',
  'provider-error': 'passing',
  'mailbox-full': 'passing',
} as const satisfies Readonly<Record<string, SendFaultClass>>

export type SendFaultCode = keyof typeof sendFaultClasses
