import { z } from 'zod'
import { sendTimeout } from '../channel-schema.ts'
import { isLoopback } from '../loopback.ts'
import { filePath, secret } from '../mapping-schema.ts'
import { parseSender } from './sender-address.ts'

/** `type: smtp`: mail by an SMTP server that takes it (RFC 5321, RFC 6409). */
export const smtpConfig = z
  .strictObject({
    type: z.literal('smtp'),
    host: z
      .string()
      .regex(/^[^\s/@]+$/, 'a host name or an IP address')
      .describe('The server that takes the mail.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Default: 465 with tls, 587 with starttls, 25 with none.'),
    from: z
      .string()
      .refine((text) => parseSender(text) !== null, 'a sender, as in "Muster <no-reply@example.com>"')
      .describe('The sender: an address, or a name and an address in angle brackets.'),
    user: z.string().min(1).optional().describe('The account that sends; needs `password`.'),
    password: secret.optional().describe("The account's password, as { env: NAME } or { file: PATH }."),
    tls: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'starttls: refused by us where the server has none. tls: from the first byte. none: loopback only.',
      ),
    ca: filePath
      .optional()
      .describe('A PEM file of the authorities that are trusted; default: those of Node.'),
    servername: z
      .string()
      .min(1)
      .optional()
      .describe("The name that the server's certificate must carry; default: the host."),
    connections: z.int().min(1).max(50).default(5).describe('Connections that one process keeps at most.'),
    timeout: sendTimeout,
  })
  .superRefine((config, context) => {
    const report = (key: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [key] })
    if ((config.user === undefined) !== (config.password === undefined))
      report(config.user === undefined ? 'password' : 'user', 'user and password need each other')
    if (config.tls === 'none' && !isLoopback(config.host))
      report('tls', 'without TLS codes and the password would travel readable: none is for loopback only')
  })
  .describe('Mail by an SMTP server.')

export type SmtpConfig = z.infer<typeof smtpConfig>
