import { isMailbox } from '../recipient.ts'

export interface Sender {
  /** Empty for none. */
  readonly name: string
  readonly address: string
}

/** `NAME <ADDRESS>` or `ADDRESS`, or null: the name may not hold what would make it a list, a comment or a header. */
export function parseSender(text: string): Sender | null {
  const [, name = '', bracketed, bare] = /^(?:(.*?)\s*<([^<>]*)>|(\S+))$/u.exec(text.trim()) ?? []
  const address = bracketed ?? bare ?? ''
  const plain = name.replace(/^"([^"]*)"$/, '$1').trim()
  return isMailbox(address) && !/[\p{Cc}"<>\\]/u.test(plain) ? { name: plain, address } : null
}
