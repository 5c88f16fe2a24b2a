import { z } from 'zod'
import { parseDuration } from './duration.ts'
import { duration } from './mapping-schema.ts'

/** Parts of the configuration that channels share. */

/** How long one send may take; longer than half a minute is longer than a person waits. */
export const sendTimeout = duration
  .refine((text) => !/^[1-9][0-9]*(s|m|h|d)$/.test(text) || parseDuration(text) <= 30_000, 'at most 30s')
  .default('8s')
  .describe('How long one send may take, 30s at most; then the next channel, or a retry.')

/** The countries that a channel serves. */
export const servedCountries = z
  .array(z.string().regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2, as in DE'))
  .min(1)
  .optional()
  .describe('The countries that this channel serves; left out: all that `countries` allows.')

/** A web address without user, password and fragment. `hint` follows where the text is none. */
export function webAddress(hint: string) {
  return z.string().refine(isWebAddress, hint)
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === ''
}
