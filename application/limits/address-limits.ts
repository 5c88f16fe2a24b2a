/** What messages to an address are counted by. */
export interface AddressParts {
  readonly channel: 'email' | 'sms'
  /** The enrollment's key: the address in its comparison form. */
  readonly key: string
}

/** The mailbox that mail to this key ends in, as far as anybody can know: without a plus tag (RFC 5233). */
export function destinationOf({ channel, key }: AddressParts): string {
  if (channel === 'sms') return key
  const at = key.lastIndexOf('@')
  const plus = key.indexOf('+')
  // A mailbox that begins with a plus has no tag but this name.
  return plus > 0 && plus < at ? key.slice(0, plus) + key.slice(at) : key
}

/**
 * The ranges that a number belongs to, the narrow one first: less its last 4 and its last 6 digits. Numbers of one
 * pumping scheme lie side by side. None for a mailbox.
 */
export function prefixesOf({ channel, key }: AddressParts): readonly [narrow: string, wide: string] | null {
  return channel === 'sms' ? [key.slice(0, -4), key.slice(0, -6)] : null
}
