import type { SendMailOptions } from 'nodemailer'
import type { OutgoingMessage } from '../channel.ts'
import type { Sender } from './sender-address.ts'

/** The mail of a message, to one strictly parsed address. */
export function composeMail(message: OutgoingMessage, from: Sender): SendMailOptions {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  return {
    from: { name: from.name, address: from.address },
    to: { name: '', address: message.to },
    // Said apart, so that no header decides who gets it.
    envelope: { from: from.address, to: [message.to] },
    subject: message.subject ?? '',
    text: message.text,
    ...(message.html === null ? {} : { html: message.html }),
    // The same on every attempt: a mailbox that gets two shows one.
    messageId: `<${message.deliveryId}@${domain}>`,
    headers: {
      // RFC 3834 section 5, and Exchange's own: nobody's absence note answers a code.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
    xMailer: false,
    // A report of failure returns the headers only, never the code (RFC 3461).
    dsn: { id: message.deliveryId, return: 'headers', notify: ['failure', 'delay'] },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
