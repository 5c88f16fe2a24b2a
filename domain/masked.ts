import type { Factor } from './factor.ts'

/**
 * An address as it is shown to everybody but its owner and an administrator (architecture rule 13).
 * `+33612345642` → `+33•••••••42`, `anna.b@example.com` → `a••••b@example.com`.
 */
export function maskAddress(factor: Factor, address: string): string {
  return factor === 'otp-sms' ? maskNumber(address) : maskMailbox(address)
}

function maskNumber(number: string): string {
  if (number.length < 8) return '•'.repeat(Math.max(number.length, 4))
  return number.slice(0, 3) + '•'.repeat(number.length - 5) + number.slice(-2)
}

function maskMailbox(mailbox: string): string {
  const at = mailbox.lastIndexOf('@')
  if (at < 1) return '•'.repeat(Math.max([...mailbox].length, 4))
  const local = [...mailbox.slice(0, at)]
  const domain = mailbox.slice(at)
  if (local.length < 4) return `${local[0] ?? ''}•••${domain}`
  return `${local[0]}${'•'.repeat(local.length - 2)}${local[local.length - 1]}${domain}`
}
